import { isUtf8 } from 'node:buffer';
import { findStringMember } from './find-string-member.ts';

/** Reports whether a value is the Status of a refusal (metav1.Status). */
function isRefusal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, apiVersion, status, code } = value as Record<string, unknown>;
  return kind === 'Status' && apiVersion === 'v1' && status === 'Failure' && code === 403;
}

/**
 * Appends a sentence to the message of a Status, as JSON. Every other byte stays as it is. Undefined if the body is
 * anything but the one Status of a refusal.
 */
export function appendToStatus(body: Buffer, sentence: string): Buffer | undefined {
  if (!isUtf8(body)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRefusal(value)) return undefined;
  // One character per byte, so that the indexes are those of the body.
  const text = body.toString('latin1');
  const message = findStringMember(text, 'message');
  if (!message || message.end === message.start) return undefined;
  const joint = text[message.end - 1] === '.' ? ' ' : '. ';
  const added = JSON.stringify(joint + sentence).slice(1, -1);
  return Buffer.concat([body.subarray(0, message.end), Buffer.from(added), body.subarray(message.end)]);
}
