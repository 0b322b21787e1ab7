DROP TABLE publishing.post_import_rows;
DROP TABLE publishing.post_imports;
