import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusal as status } from '../testing/refusal.ts';
import { appendToStatus } from './append-to-status.ts';

const append = (body: unknown, sentence = 'Run: x') =>
  appendToStatus(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), sentence)?.toString('utf8');

describe('a sentence', () => {
  it('is appended to the message, and nothing else changes', () => {
    expect(JSON.parse(append(status)!)).toEqual({ ...status, message: 'pods "web" is forbidden. Run: x' });
    expect(append({ ...status, message: 'No.' })).toBe(JSON.stringify({ ...status, message: 'No. Run: x' }));
    const spaced = JSON.stringify(status, null, 2);
    expect(append(`\n${spaced}\r\n`)).toBe(`\n${spaced.replace('is forbidden', 'is forbidden. Run: x')}\r\n`);
  });

  it('is escaped', () => {
    const sentence = '--reason "..." \\ \n ä 💥 </script>';
    expect(JSON.parse(append(status, sentence)!)).toEqual({ ...status, message: `${status.message}. ${sentence}` });
  });

  it('goes to the message of the Status, whatever else has that name', () => {
    const odd = {
      field: 'message',
      ...status,
      details: { message: 'not this', causes: [{ message: 'nor this' }], message2: '"message":"' },
      message: 'a \\" "message":"b" {[',
      last: ['message', { message: 'no' }],
    };
    expect(JSON.parse(append(odd)!)).toEqual({ ...odd, message: `${odd.message}. Run: x` });
  });

  it('goes to the message for any members around it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string(),
        (more, message, sentence) => {
          const before = { ...more, ...status, message };
          const added = append(before, sentence);
          const text = JSON.parse(JSON.stringify(message)) as string;
          expect(JSON.parse(added!)).toEqual({
            ...(JSON.parse(JSON.stringify(before)) as object),
            message: `${text}${text.endsWith('.') ? '' : '.'} ${sentence}`,
          });
        },
      ),
    );
  });

  it('is not appended to what could be read in two ways', () => {
    const text = JSON.stringify(status);
    expect(append(text.replace('"reason"', '"message":"again","reason"'))).toBeUndefined();
    expect(append(text.replace('"reason"', '"mess\\u0061ge"    :\n"again","reason"'))).toBeUndefined();
    expect(append(`\ufeff${text}`)).toBeUndefined();
    expect(append(`${text}${text}`)).toBeUndefined();
    expect(append(text.slice(0, -1))).toBeUndefined();
  });

  it.each([
    ['another kind', { ...status, kind: 'Pod' }],
    ['another version', { ...status, apiVersion: 'v2' }],
    ['a success', { ...status, status: 'Success' }],
    ['another code', { ...status, code: 404 }],
    ['a code in a text', { ...status, code: '403' }],
    ['no message', { ...status, message: undefined }],
    ['an empty message', { ...status, message: '' }],
    ['a message that is no text', { ...status, message: { a: 'b' } }],
    ['a list', [status]],
    ['null', null],
    ['a number', 1],
    ['a Status in a text', JSON.stringify(JSON.stringify(status))],
    ['nothing', ''],
  ])('is not appended to %s', (_what, body) => {
    expect(append(body)).toBeUndefined();
  });

  it('is not appended to what is not UTF-8', () => {
    const body = Buffer.from(JSON.stringify(status).replace('web', '\u00e4'), 'latin1');
    expect(appendToStatus(body, 'x')).toBeUndefined();
  });

  it('takes little time for a deep or hostile body', () => {
    const deep = `${'['.repeat(8000)}${']'.repeat(8000)}`;
    const body = JSON.stringify({ ...status, more: 0 }).replace('"more":0', `"more":${deep}`);
    expect(append(body)).toContain('is forbidden. Run: x');
    expect(append(JSON.stringify({ ...status, message: '\\'.repeat(8000) }))).toContain('. Run: x');
  });
});
