DROP TABLE event_links;
-- What nobody could see without a link, no page lists at least.
UPDATE event_types SET visibility = 'hidden' WHERE visibility = 'link';
