-- Imports an NDJSON file, such as that of "sallyport audit export". The envelope is in the member cloudEvent.
INSERT INTO audit_events
SELECT
    JSONExtractString(event, 'cloudEvent', 'id') AS ce_id,
    JSONExtractString(event, 'cloudEvent', 'type') AS ce_type,
    parseDateTime64BestEffort(JSONExtractString(event, 'cloudEvent', 'time'), 6, 'UTC') AS time,
    JSONExtractString(event, 'user', 'username') AS user,
    JSONExtractString(event, 'sallyport', 'cluster', 'name') AS cluster,
    JSONExtractString(event, 'verb') AS verb,
    JSONExtractString(event, 'objectRef', 'resource') AS resource,
    JSONExtractString(event, 'objectRef', 'subresource') AS subresource,
    JSONExtractString(event, 'objectRef', 'namespace') AS namespace,
    JSONExtractString(event, 'objectRef', 'name') AS name,
    JSONExtractUInt(event, 'responseStatus', 'code') AS code,
    JSONExtractString(event, 'sallyport', 'decision', 'effect') AS effect,
    JSONExtractString(event, 'sallyport', 'decision', 'rule') AS rule,
    arrayStringConcat(JSONExtract(event, 'sallyport', 'exec', 'command', 'Array(String)'), ' ') AS command,
    event
FROM file('audit.ndjson', 'JSONAsString', 'event String');
