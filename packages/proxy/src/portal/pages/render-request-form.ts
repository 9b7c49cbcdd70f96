import { formatDuration, type ElevationOption } from '@sallyport/contracts';
import { html, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import { elevationsPath, spanWords } from './elevation-words.ts';
import { type FormFields, longest } from './read-form.ts';

const nothing: Html = { markup: '' };
const suggestedMs = 30 * 60_000;
const required = (is: boolean): Html => (is ? { markup: ' required' } : nothing);

function select(name: string, label: string, values: readonly string[], chosen: string | undefined): Html {
  const options = values.map(
    (value) =>
      html`<option value="${value}"${value === chosen ? { markup: ' selected' } : nothing}>${shownText(value)}</option>`,
  );
  return html`<label for="${name}">${label}</label>
<select id="${name}" name="${name}" required>${options}</select>
`;
}

function clusterField({ places }: ElevationOption, fields: FormFields): Html {
  const clusters = places.map(({ cluster }) => cluster);
  if (clusters.length === 1)
    return html`<p>Cluster: <strong>${clusters[0]!}</strong><input type="hidden" name="cluster" value="${clusters[0]!}"></p>
`;
  return select('cluster', 'Cluster', clusters, fields.get('cluster'));
}

function namespaceField({ places }: ElevationOption, fields: FormFields): Html {
  const namespaces = [...new Set(places.flatMap((place) => place.namespaces ?? []))];
  if (namespaces.length === 0) return nothing;
  if (!namespaces.some((name) => name.includes('*')))
    return select('namespace', 'Namespace', namespaces, fields.get('namespace'));
  return html`<label for="namespace">Namespace</label>
<p class="quiet" id="about-namespace">One that matches: ${namespaces.join(', ')}</p>
<input class="text" id="namespace" name="namespace" required maxlength="${longest.namespace}" value="${fields.get('namespace') ?? ''}" autocomplete="off" spellcheck="false" aria-describedby="about-namespace">
`;
}

function ticketField({ ticket: { required: needed, pattern } }: ElevationOption, fields: FormFields): Html {
  const like = pattern === undefined ? '' : ` like ${pattern}`;
  return html`<label for="ticket">Ticket${like}${needed ? '' : ' (optional)'}</label>
<input class="text" id="ticket" name="ticket"${required(needed)} maxlength="${longest.ticket}" value="${fields.get('ticket') ?? ''}" autocomplete="off" spellcheck="false">
`;
}

/** Says what the entry gives and takes. */
function aboutOption({ groups, approvalsNeeded, approverSets = [], maxDurationMs }: ElevationOption): Html {
  const sets = approverSets.map(({ name, approvals }) => `${approvals} of ${name}`).join(', ');
  const approval =
    approvalsNeeded === 0
      ? 'It begins at once, without approval.'
      : `${approvalsNeeded === 1 ? 'One other person' : `${approvalsNeeded} other people`} must approve it${sets === '' ? '' : `: ${sets}`}.`;
  return html`<p>While it is active, you also have the groups <bdi>${groups.map((group) => shownText(group)).join(', ')}</bdi>, for ${spanWords(maxDurationMs)} at most. ${approval}</p>`;
}

/** Renders the form that asks for an elevation, with what was filled in before and what is wrong with it. */
export function renderRequestForm(option: ElevationOption, fields: FormFields, fault?: string): Html {
  const { name, maxDurationMs, reason } = option;
  const needsReason = reason === 'required';
  const span = fields.get('for') ?? formatDuration(Math.min(suggestedMs, maxDurationMs));
  return html`${fault === undefined ? nothing : html`<p class="note" role="alert">${fault}</p>\n`}${aboutOption(option)}
<form method="post" action="${elevationsPath}/new/${name}">
${clusterField(option, fields)}${namespaceField(option, fields)}<label for="for">For how long, such as 30m or 1h30m</label>
<input class="text" id="for" name="for" required maxlength="20" value="${span}" autocomplete="off">
<label for="reason">Reason${needsReason ? '' : ' (optional)'}</label>
<textarea id="reason" name="reason" rows="3"${required(needsReason)} maxlength="${longest.reason}">${fields.get('reason') ?? ''}</textarea>
${ticketField(option, fields)}<label for="start">Start in UTC (optional)</label>
<input class="text" id="start" name="start" type="datetime-local" value="${fields.get('start') ?? ''}">
<p class="actions"><button type="submit">Ask for it</button></p>
</form>
<p><a href="${elevationsPath}">All elevations</a></p>`;
}
