"""Getting data in: spreadsheets of organizations, people and places, and HSDS catalogues."""
