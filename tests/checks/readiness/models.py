"""One model of each template, which rests on all four checks of the example catalogue; a new template adds its own."""

from typing import Any

MODELS: dict[str, dict[str, Any]] = {
    "release-gate": {
        "template": "release-gate",
        "areas": {"one": {"title": "One"}, "two": {"title": "Two"}},
        "items": {
            "live": {"area": "one", "requires": ["api#http", "docs"]},
            "right": {"area": "two", "requires": ["books@web:/books", "restore"]},
        },
    },
    "acceptance": {
        "template": "acceptance",
        "items": {
            "live": {"requires": ["api#http", "docs"]},
            "right": {"requires": ["books@web:/books"]},
            "back": {"requires": ["restore"], "about": "any-version"},
        },
    },
    "weighted-score": {
        "template": "weighted-score",
        "claimed": 99,
        "tolerance": 1,
        "categories": {
            "care": {
                "title": "Care",
                "weight": 60,
                "items": {
                    "live": {"requires": ["api"]},
                    "right": {"requires": ["books#http", "restore"], "halfway": ["books"]},
                },
            },
            "words": {"title": "Words", "weight": 40, "items": {"written": {"requires": ["docs"]}}},
        },
        "recommended": {"more": {"requires": ["docs"]}},
    },
    "service-scorecard": {
        "template": "service-scorecard",
        "criteria": {
            "live": {
                "title": "Live",
                "group": "Runtime",
                "dimension": "reliability",
                "level": "L1",
                "requires": ["api"],
            },
            "right": {
                "title": "Right",
                "group": "Data",
                "dimension": "QA",
                "level": "L2",
                "requires": ["{service}@web:/{service}"],
            },
        },
        "services": {
            "books": {
                "target": "L2",
                "evidence": "books#http",
                "extra": {"back": {"level": "L2", "requires": ["restore"]}},
            },
        },
        "matrix": {"fresh": {"slo": "age", "trigger": "stale", "owner": "Desk Ops", "requires": ["docs"]}},
        "conditions": {"written": {"requires": ["docs"]}},
    },
    "use-case-register": {
        "template": "use-case-register",
        "evidence": {
            "live": {"title": "Live", "requires": ["api#http", "docs"]},
            "right": {"title": "Right", "requires": ["books@web:/{use_case}"]},
        },
        "use_cases": {"uc-1": {"code": "books", "owner": "Desk Ops", "validation": {"requires": ["restore"]}}},
    },
}
