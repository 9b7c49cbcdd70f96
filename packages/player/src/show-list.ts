import { recordingListSchema, type RecordingRow } from '@sallyport/contracts/answers';
import { askFor } from './ask-gateway.ts';
import { element } from './element.ts';
import { placeOf, readableBytes, readableTime, shownText } from './shown-text.ts';

const home = '/.sallyport/recordings';
const filters = { user: 'User', cluster: 'Cluster', namespace: 'Namespace', name: 'Pod' };

/** A form that puts the filters into the address of the page, so that it can be kept and sent. */
function filterForm(given: URLSearchParams): HTMLFormElement {
  const fields = Object.entries(filters).map(([name, label]) => {
    const input = element('input', { class: 'text', name, id: name, value: given.get(name) ?? '' });
    return element('div', {}, element('label', { for: name }, label), input);
  });
  const form = element('form', { action: home }, ...fields, element('button', { class: 'small' }, 'Show'));
  form.addEventListener('submit', () => {
    for (const input of form.querySelectorAll('input')) input.disabled = input.value === '';
  });
  return form;
}

function renderRow(row: RecordingRow): HTMLLIElement {
  const { id, user, kind, since, state, bytes } = row;
  const link = element('a', { href: `${home}/${encodeURIComponent(id)}` }, element('strong', {}, shownText(user)));
  const about = `${readableTime(since)}, ${kind}, ${state}, ${readableBytes(bytes)}`;
  const place = element('bdi', {}, shownText(placeOf(row)));
  return element(
    'li',
    {},
    element('div', {}, link, ' in ', place, element('div', { class: 'quiet' }, shownText(about))),
  );
}

/** Shows the recordings that the reader may see and that match the filters in the address, the newest first. */
export async function showList(root: HTMLElement): Promise<void> {
  const given = new URLSearchParams(location.search);
  const query = new URLSearchParams([...given].filter(([name]) => Object.hasOwn(filters, name) || name === 'after'));
  const { recordings, next } = await askFor(recordingListSchema, `?${query.toString()}`);
  const rows =
    recordings.length === 0
      ? element('p', { class: 'quiet' }, 'There is none that you may see.')
      : element('ul', { class: 'rows' }, ...recordings.map(renderRow));
  root.replaceChildren(filterForm(given), rows);
  if (next == null) return;
  query.set('after', next);
  root.append(element('p', {}, element('a', { href: `${home}?${query.toString()}` }, 'Older recordings')));
}
