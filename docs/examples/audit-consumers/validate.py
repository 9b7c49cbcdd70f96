# Reads the topic to its current end and validates every event against the published schemas.
# Usage: python validate.py CONFIG TOPIC. CONFIG has settings of librdkafka, one NAME=VALUE on each line.
import json, pathlib, sys
import yaml
from collections import Counter
from confluent_kafka import Consumer, KafkaError, TopicPartition
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

base = "https://schemas.invalid/"
schemas = pathlib.Path(__file__).parents[2] / "schemas"
event = json.loads((schemas / "audit-event-v1.schema.json").read_text())
document = yaml.safe_load((schemas / "audit-asyncapi.yaml").read_text())
resources = {"audit-event-v1.schema.json": {**event, "$id": base + "audit-event-v1.schema.json"}, "audit-asyncapi.yaml": document}
registry = Registry().with_resources(
    (base + name, Resource.from_contents(content, default_specification=DRAFT202012)) for name, content in resources.items())


def validator(name):
    at = f"{base}audit-asyncapi.yaml#/components/messages/{name}"
    parts = {"headers": f"{at}/headers", "key": f"{at}/bindings/kafka/key", "payload": f"{at}/payload/schema"}
    schema = {"type": "object", "required": list(parts), "properties": {part: {"$ref": ref} for part, ref in parts.items()}}
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


validators = {message["name"]: validator(name) for name, message in document["components"]["messages"].items()}
lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
config = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
# No group is joined, so the right to read the topic is enough. librdkafka wants a name and looks for it all the same.
consumer = Consumer({"group.id": "validate", "enable.auto.commit": "false", "enable.partition.eof": "false"} | config)
topic = consumer.list_topics(sys.argv[2], 30).topics[sys.argv[2]]
if topic.error:
    sys.exit(f"{sys.argv[2]}: {topic.error}")
ends = {}
for partition in topic.partitions:
    low, high = consumer.get_watermark_offsets(TopicPartition(sys.argv[2], partition), 30)
    if low < high:
        ends[partition] = high
consumer.assign([TopicPartition(sys.argv[2], partition, 0) for partition in ends])
types, seen, faults = Counter(), set(), 0
while ends:
    message = consumer.poll(30)
    if message and message.error() and message.error().code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
        continue
    if message is None or message.error():
        sys.exit(f"cannot read {sys.argv[2]}: {message.error() if message else 'no answer'}")
    if message.offset() >= ends.get(message.partition(), 0) - 1:
        ends.pop(message.partition(), None)
    headers = {name: value.decode() for name, value in message.headers() or []}
    if headers.get("ce_id") in seen:
        continue
    seen.add(headers.get("ce_id"))
    kind = headers.get("ce_type", "")
    types[kind] += 1
    found = {"headers": headers, "key": (message.key() or b"").decode(), "payload": json.loads(message.value())}
    errors = list(validators[kind].iter_errors(found)) if kind in validators else ["not a type of the AsyncAPI document"]
    for error in errors:
        faults += 1
        where = f"partition {message.partition()}, offset {message.offset()}"
        print(f"{where}: {kind or 'no ce_type'}: {getattr(error, 'message', error)}", file=sys.stderr)
consumer.close()
print(json.dumps({"events": sum(types.values()), "faults": faults, "types": dict(sorted(types.items()))}))
sys.exit(1 if faults else 0)
