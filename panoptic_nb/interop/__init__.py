"""What leaves a project and comes back: Panoptic's files, tables, folders, pages and sheets."""
