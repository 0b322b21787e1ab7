-- The list of archives goes; the files stay.
DROP TABLE governance.restore_tests;
DROP TABLE governance.backups;
DROP TABLE governance.import_ids;
DROP TABLE governance.archives;
DROP TABLE governance.retention_policies;
