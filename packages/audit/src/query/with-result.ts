import { resultOf, type FoundRecord } from '@sallyport/contracts';

/** Returns an event as answers have it: with its result, if it is the end of a request. */
export function withResult(record: FoundRecord): FoundRecord {
  const result = resultOf(record);
  return result === undefined ? record : { ...record, result };
}
