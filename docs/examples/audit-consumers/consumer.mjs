// Prints every refused request, each once. Usage: node consumer.mjs BROKER TOPIC
import process from 'node:process';
import { Kafka } from 'kafkajs';

const [broker, topic = 'sallyport.audit.v1'] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'refusals', brokers: [broker] });
const consumer = kafka.consumer({ groupId: 'refusals' });
const seen = new Set();
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  async eachMessage({ message: { headers, value } }) {
    const id = headers.ce_id.toString();
    if (seen.has(id)) return;
    seen.add(id);
    if (seen.size > 100_000) seen.delete(seen.values().next().value);
    const { stage, stageTimestamp, user, verb, requestURI, sallyport } = JSON.parse(value);
    if (stage === 'ResponseComplete' && sallyport.decision?.effect === 'deny')
      console.log(stageTimestamp, user.username, verb, requestURI, sallyport.decision.rule);
  },
});
