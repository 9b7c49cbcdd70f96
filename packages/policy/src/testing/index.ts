export { recordedEvent, type RecordedParts } from './recorded-event.ts';
