import { recordingSchema, type Recording } from '@sallyport/contracts/answers';
import { parseIdentities, readRecording, type Frame, type RecordingFault } from '@sallyport/recordings/read';
import { askFor, fetchFile } from './ask-gateway.ts';
import { element } from './element.ts';
import { showScreen } from './show-screen.ts';
import { showStreams } from './show-streams.ts';
import { placeOf, readableBytes, readableTime, shownText } from './shown-text.ts';

/** The player holds the whole recording in memory. */
const mostBytes = 64 * 1024 * 1024;

function renderFacts({ recording, gaps }: Recording): HTMLElement {
  const { user, kind, command, since, end, state, reason, demand, bytes, recipients } = recording;
  const facts: [string, string | undefined][] = [
    ['User', user],
    ['Container', placeOf(recording)],
    ['Kind', kind],
    ['Command', command?.join(' ')],
    ['From', readableTime(since)],
    ['Until', end === undefined ? undefined : readableTime(end)],
    ['State', reason == null ? state : `${state}: ${reason}`],
    ['Demand', demand],
    ['Size', readableBytes(bytes)],
    ['Sealed for', recipients.join(', ')],
    ...gaps.map(({ from, until }): [string, string] => ['Gap', `${from} to ${until ?? 'the end'}`]),
  ];
  const shown = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [element('dt', {}, name), element('dd', {}, shownText(value))],
  );
  return element('dl', {}, ...shown);
}

/** Reads the frames, and tells what is wrong with the files. What is right is read. */
async function* readFrames(
  { recording, parts }: Recording,
  identities: string[],
  told: HTMLElement,
): AsyncGenerator<Frame> {
  const tell = (text: string) => told.append(element('p', { class: 'note' }, text));
  const progress = element('p', { class: 'quiet' });
  told.append(progress);
  const total = parts.reduce((count, { files }) => count + files.length, 0);
  let fetched = 0;
  const fetch = async (name: string) => {
    fetched += 1;
    progress.textContent = `Reading file ${fetched} of ${total} ...`;
    return fetchFile(recording.id, name);
  };
  const onFault = ({ message }: RecordingFault) => tell(`There is a fault in ${message}.`);
  yield* readRecording({ recording: recording.id, parts, fetch, identities, onFault });
  progress.remove();
}

/** A form for the reader's key. It is used here, and neither sent nor stored. */
function keyForm(open: (text: string) => Promise<void>): HTMLFormElement {
  // Without names, so that a browser would send nothing of them.
  const pasted = element('textarea', { id: 'key', rows: '2', autocomplete: 'off', spellcheck: 'false' });
  const file = element('input', { id: 'key-file', class: 'text', type: 'file' });
  const button = element('button', {}, 'Open');
  const fault = element('p', { class: 'note', role: 'alert', hidden: '' });
  const form = element(
    'form',
    {},
    element('label', { for: 'key' }, 'Your private key (AGE-SECRET-KEY-1...)'),
    pasted,
    element('label', { for: 'key-file' }, 'Or the file that it is in'),
    file,
    element('p', { class: 'quiet' }, 'The key is used on this page only. It is not sent or stored.'),
    button,
    fault,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    const read = async () => open(pasted.value.trim() === '' ? ((await file.files?.[0]?.text()) ?? '') : pasted.value);
    read().catch((error: unknown) => {
      fault.textContent = error instanceof Error ? error.message : 'The recording cannot be opened.';
      fault.hidden = false;
      button.disabled = false;
    });
  });
  return form;
}

/** Shows one recording: what is known of it, and once the reader has given their key, what happened. */
export async function showRecording(root: HTMLElement, id: string): Promise<void> {
  const found = await askFor(recordingSchema, `/${encodeURIComponent(id)}`);
  const { recording } = found;
  const told = element('div', { role: 'status' });
  const stage = element('div');
  root.replaceChildren(renderFacts(found));
  if (recording.bytes > mostBytes) {
    const command = element('code', { class: 'command' }, `sallyport recordings play ${id}`);
    root.append(element('p', {}, 'The recording is too large for this page. To play it, run: ', command));
    return;
  }
  const form = keyForm(async (text) => {
    const identities = parseIdentities(text);
    told.replaceChildren();
    const frames = readFrames(found, identities, told);
    await (recording.tty === true ? showScreen : showStreams)(stage, frames);
    form.remove();
  });
  root.append(form, told, stage);
}
