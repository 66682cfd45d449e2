create database readiness;
