"""What bounds and bars whom we speak to, each control with its test."""

from tests.mutations import Edit, Guard

_CONNECTION, _CLIENT = "tasks/collectors/http_connection.py", "tasks/collectors/http_client.py"
_TEST_HOSTILE, _TEST_LINK_LOCAL = "tests/security/test_hostile.py::", "tests/tasks/collectors/test_link_local.py::"
_TEST_PINNING = "tests/tasks/comparison/postgresql/test_pinning.py::"
_TEST_TARGETS, _TEST_REACHING = "tests/tasks/drills/test_targets.py::", "tests/tasks/sealing/test_reaching.py::"

NETWORK = (
    Guard(
        "a name leads to a metadata service",
        "the address that is connected to is looked at",
        (Edit(_CLIENT, "            raise Barred(barred)\n", "            pass\n"),),
        f"{_TEST_LINK_LOCAL}test_a_name_that_leads_there_is_not_followed",
    ),
    Guard(
        "a metadata address hides in IPv6",
        "translated addresses are looked into",
        (Edit("tasks/collectors/link_local.py", "if asked in _TRANSLATED or asked in _COMPATIBLE:", "if False:"),),
        f"{_TEST_LINK_LOCAL}test_every_form_of_such_an_address_is_known",
    ),
    Guard(
        "a database's name leads to a metadata service",
        "PostgreSQL's addresses are looked at and told to libpq",
        (Edit("tasks/comparison/postgres/pinning.py", "else resolved(host)", 'else ("",)'),),
        f"{_TEST_PINNING}test_a_host_that_leads_to_metadata_is_refused[host=metadata]",
    ),
    Guard(
        "a database's name leads to a metadata service",
        "MariaDB's address is looked at",
        (
            Edit(
                "tasks/comparison/mysql/session.py",
                "connected(connection.host, connection.port, seconds=CONNECT_SECONDS)",
                "socket.create_connection((connection.host, connection.port), CONNECT_SECONDS)",
            ),
        ),
        "tests/tasks/collectors/test_sql_sessions.py::test_no_server_at_a_metadata_address_is_asked[mysql-ledger.test]",
    ),
    Guard(
        "a Redis's name leads to a metadata service",
        "its address is looked at",
        (
            Edit(
                "tasks/collectors/redis.py", "_LOOKING.get(pool.connection_class, pool.connection_class)", "Connection"
            ),
        ),
        "tests/tasks/collectors/test_redis.py::test_no_server_at_a_metadata_address_is_asked[redis-cache.test]",
    ),
    Guard(
        "a certificate of another name",
        "Redis's certificate is that of the name, not of the address",
        (Edit("tasks/collectors/redis.py", '{"server_hostname": self.host}', '{"server_hostname": "cache.test"}'),),
        "tests/tasks/collectors/test_redis.py::test_a_name_is_looked_up_once_and_a_certificate_is_that_of_the_name",
    ),
    Guard(
        "a restore target's name leads to a metadata service",
        "its addresses are looked at before a drill connects",
        (Edit("tasks/drills/connecting.py", "**(await self.pinned()).parameters", "**self.parameters"),),
        f"{_TEST_TARGETS}test_a_target_at_a_metadata_address_is_not_asked",
    ),
    Guard(
        "a restore target's name leads elsewhere a moment later",
        "programs are told the address that was looked at",
        (Edit("tasks/drills/targets.py", "address = pinned.at(name)", "address = self.address.at(name)"),),
        f"{_TEST_TARGETS}test_programs_go_to_the_address_that_was_looked_at",
    ),
    Guard(
        "a service's name leads to a metadata service",
        "the connection that a drill keeps open is looked at",
        (Edit("tasks/drills/load.py", "if self._may_be_link_local:", "if True:"),),
        "tests/tasks/drills/test_load.py::test_no_connection_is_kept_open_to_a_metadata_address",
    ),
    Guard(
        "an authority's name leads to a metadata service",
        "what sealing asks is looked at",
        (Edit("tasks/sealing/reaching.py", "*others, last = resolved(name)", "*others, last = [name]"),),
        f"{_TEST_REACHING}test_an_authority_at_a_metadata_address_is_not_asked[stamps.test]",
    ),
    Guard(
        "a certificate of another name",
        "a witness's certificate is that of the name, not of the address",
        (Edit("tasks/sealing/reaching.py", '"sni_hostname": name', '"sni_hostname": "witness.test"'),),
        f"{_TEST_REACHING}test_a_certificate_is_that_of_the_name",
    ),
    Guard(
        "an archive's name leads to a metadata service",
        "every socket of its client is looked at",
        (Edit("tasks/sealing/reaching.py", "    refuse_link_local(str(address[0]))\n", ""),),
        f"{_TEST_REACHING}test_an_archive_at_a_metadata_address_is_not_asked[http://s3.test]",
    ),
    Guard(
        "a sink's name leads to a metadata service",
        "every socket of Apprise's process is looked at",
        (Edit("tasks/notify/apprise_program.py", "    sys.addaudithook(_look)\n", ""),),
        "tests/tasks/notify/test_apprise.py::"
        "test_whatever_a_service_s_library_does_no_socket_goes_to_a_metadata_address[json]",
    ),
    Guard(
        "interim answers without end",
        "a few are read",
        (Edit(_CONNECTION, "_MOST_INTERIM = 20", "_MOST_INTERIM = 10**9"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/interim-flood]",
    ),
    Guard(
        "a second answer behind the first",
        "nothing may follow an answer's end",
        (Edit(_CONNECTION, "if self._http.trailing_data[0] or self._arrived:", "if False:"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/more-than-its-length]",
    ),
    Guard(
        "a length told in two ways",
        "such an answer is none",
        (Edit(_CONNECTION, "return _of_one_length(event)", "return event"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/length-and-chunks]",
    ),
    Guard(
        "headers without end",
        "a head has a largest size",
        (Edit(_CONNECTION, "_LARGEST_HEAD = 100 * 1024", "_LARGEST_HEAD = 10**9"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/endless-headers]",
    ),
    Guard(
        "a body without end",
        "a body has a limit",
        (Edit(_CLIENT, "                raise TooLarge(access.limit)\n", "                pass\n"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/never-ends]",
    ),
    Guard(
        "a bomb in a compressed body",
        "it unpacks to a limit",
        (Edit("tasks/collectors/strict_json.py", "    if len(unpacked) > limit:\n", "    if False:\n"),),
        "tests/tasks/collectors/test_strict_json.py::test_packing_that_cannot_be_undone_is_told",
    ),
    Guard(
        "a certificate of another name",
        "certificates are verified",
        (
            Edit(
                "tasks/collectors/http_client.py",
                "progress.connection.secure(self._trust, url.host)",
                "progress.connection.secure(ssl._create_unverified_context(), url.host)",
            ),
        ),
        "tests/security/test_hostile.py::test_a_certificate_of_another_name_is_not_trusted",
    ),
    Guard(
        "a connection that somebody else's answer is left on",
        "every exchange has its own",
        (Edit("tasks/collectors/http_client.py", '"Connection": "close"', '"Connection": "keep-alive"'),),
        "tests/tasks/collectors/test_health.py::test_every_probe_opens_a_connection_of_its_own",
    ),
)
