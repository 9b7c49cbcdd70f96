import type { SessionSummary, StreamRow } from '@sallyport/contracts';
import { html, renderTime, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import type { LandingSettings, PortalDeps } from '../calls/portal-deps.ts';
import type { Landing } from './read-landing.ts';
import { renderElevations, renderUrgent } from './render-elevations.ts';
import { renderRows } from './render-rows.ts';

/** Renders the section about web applications. People who may use none do not see it. */
function renderApplications({ applications }: Pick<Landing, 'applications'>): Html {
  if ('rows' in applications && applications.rows.length === 0) return { markup: '' };
  return renderRows(applications, { title: 'Applications' }, ({ name, host, origin }) => {
    const link = html`<a href="${origin}/"><bdi>${shownText(name ?? host)}</bdi></a>`;
    return html`<div><strong>${link}</strong></div><div class="quiet">${new URL(origin).host}</div>`;
  });
}

/**
 * The script that adds a button to every command, which copies it. Without it, one click selects the command. It reads
 * the text of the page and nothing else.
 */
export const copyCommands = `if(navigator.clipboard)for(const code of document.querySelectorAll(".command")){const button=document.createElement("button");button.type="button";button.className="plain small";button.textContent="Copy";button.setAttribute("aria-label","Copy "+code.textContent);button.onclick=()=>navigator.clipboard.writeText(code.textContent).then(()=>{button.textContent="Copied"});code.after(" ",button)}`;

/** Returns the gateway as people type it: its host, or its whole URL if that is not https. */
function typed(gatewayUrl: string): string {
  const { protocol, host, origin } = new URL(gatewayUrl);
  return protocol === 'https:' ? host : origin;
}

/** Renders a command that one click selects. */
const renderCommand = (command: string): Html => html`<code class="command">${command}</code>`;

/** Renders the commands that make kubectl work on a new machine. */
function renderCommands(gatewayUrl: string): Html {
  return html`<ol class="commands">
<li>${renderCommand(`sallyport login ${typed(gatewayUrl)}`)}</li>
<li>${renderCommand('sallyport kubeconfig --merge')}</li>
</ol>`;
}

const nothing: Html = { markup: '' };
const name = (text: string) => html`<bdi>${shownText(text)}</bdi>`;

function endButton(kind: 'sessions' | 'streams', id: string, what: string): Html {
  return html`<form method="post" action="/.sallyport/${kind}/${encodeURIComponent(id)}/end"><button class="plain small" type="submit" aria-label="End ${what}">End</button></form>`;
}

const logOut = html`<form method="post" action="/.sallyport/logout"><button class="plain small" type="submit">Log out</button></form>`;

function renderPerson({ caller, sessions }: Landing, { providerName, now }: LandingSettings): Html {
  const { identity, session } = caller;
  const current = 'rows' in sessions ? sessions.rows.find(({ id }) => id === session.id) : undefined;
  const groups =
    identity.groups.length > 0
      ? identity.groups
          .slice(0, 50)
          .map((one) => shownText(one))
          .join(', ')
      : 'none';
  const more = identity.groups.length > 50 ? ` and ${identity.groups.length - 50} more` : '';
  return html`<dl>
<dt>User</dt><dd>${name(identity.user)}</dd>
<dt>Groups</dt><dd><bdi>${groups}</bdi>${more}</dd>
<dt>Identity provider</dt><dd>${name(providerName(identity.provider))}</dd>
${current ? html`<dt>Logged in</dt><dd>${renderTime(current.createdAt, now())}</dd>\n` : nothing}<dt>Session ends</dt><dd>${renderTime(session.expiresAt, now())}</dd>
${current && current.idleEndsAt < session.expiresAt ? html`<dt>Ends if unused</dt><dd>${renderTime(current.idleEndsAt, now())}</dd>\n` : nothing}</dl>
<div class="actions">${logOut}</div>`;
}

function renderClusters({ clusters }: Landing, { gatewayUrl }: LandingSettings): Html {
  const words = {
    title: 'Clusters',
    none: 'The policy allows you nothing on any cluster. If you expected one, ask the operator of this gateway.',
    all: 'sallyport clusters',
  };
  const list = renderRows(
    clusters,
    words,
    (one) =>
      html`<div><strong>${one.name}</strong>${one.host === undefined ? nothing : html` <span class="quiet">${one.host}</span>`}</div><div>${renderCommand(`kubectl --context sallyport-${one.name} get pods`)}</div>`,
  );
  if ('rows' in clusters && clusters.rows.length === 0) return list;
  return html`${list}
<h3>On a new machine</h3>
<p>Type this once in a terminal. After that, kubectl works as usual.</p>
${renderCommands(gatewayUrl)}`;
}

/** Describes the object of a stream like the arguments of kubectl. */
function targetOf({ kind, resource, subresource, name: object, namespace, container, ports, path }: StreamRow): string {
  if (resource === '') return shownText(path);
  const parts = [
    `${resource}${object === '' ? '' : `/${object}`}${subresource === kind ? '' : subresource && `/${subresource}`}`,
  ];
  if (namespace !== '') parts.push(`-n ${namespace}`);
  if (container !== undefined) parts.push(`-c ${container}`);
  if (ports && ports.length > 0) parts.push(`:${ports.slice(0, 8).join(',')}`);
  return parts.map((one) => shownText(one)).join(' ');
}

function renderStreams({ streams }: Landing, now: number): Html {
  const words = {
    title: 'Open streams',
    none: 'Nothing is open: no exec, port-forward, followed log or watch.',
    all: 'sallyport sessions list --streams',
  };
  const row = (one: StreamRow) => {
    const target = targetOf(one);
    return html`<div><strong>${shownText(one.kind)}</strong> <bdi>${target}</bdi> on ${name(one.cluster)}<div class="quiet">since ${renderTime(one.since, now)} from ${shownText(one.clientAddress)}</div></div>${endButton('streams', one.id, `${shownText(one.kind)} ${target}`)}`;
  };
  const incomplete =
    'missing' in streams && streams.missing !== undefined && streams.missing > 0
      ? html`\n<p class="note">Some replicas of the gateway did not answer, so streams may be missing here.</p>`
      : nothing;
  return html`${renderRows(streams, words, row)}${incomplete}`;
}

const kinds: Readonly<Record<SessionSummary['kind'], string>> = {
  cli: 'command line',
  browser: 'browser',
  workload: 'workload',
  'service-account': 'service account',
  agent: 'agent',
  route: 'web application',
};

function renderSessions({ caller, sessions }: Landing, now: number): Html {
  const words = { title: 'Sessions', none: 'No session is listed.', all: 'sallyport sessions list' };
  return renderRows(sessions, words, (one: SessionSummary) => {
    const current = one.id === caller.session.id;
    const program = one.userAgent === undefined ? nothing : html`<div class="quiet">${name(one.userAgent)}</div>`;
    const from = shownText(one.clientAddress ?? 'an unknown address');
    return html`<div><strong>${kinds[one.kind]}</strong>${current ? html` <span class="here">this one</span>` : nothing} from ${from}<div class="quiet">since ${renderTime(one.createdAt, now)}, ends ${renderTime(one.expiresAt, now)}</div>${program}</div>${current ? logOut : endButton('sessions', one.id, `the session in the ${kinds[one.kind]} from ${from}`)}`;
  });
}

/** Renders the page for a user who is logged in. `notice` says what their last click has done. */
export function renderLanding(landing: Landing, settings: LandingSettings, notice: string | undefined): Html {
  const now = settings.now();
  return html`${notice === undefined ? nothing : html`<p class="note" role="status">${notice}</p>\n`}${renderUrgent(landing.elevations, now)}${renderPerson(landing, settings)}
${renderClusters(landing, settings)}
${renderApplications(landing)}
${renderElevations(landing.elevations, now)}
${renderStreams(landing, now)}
${renderSessions(landing, now)}`;
}

/** Renders the page for a browser that is not logged in here: what this is, and how to log in. */
export function renderWelcome({ origin, landing: { gatewayUrl, loginOrigin } }: PortalDeps): Html {
  // A browser has its session at the origin of the login pages. On another one it only looks logged out.
  const elsewhere =
    origin === loginOrigin
      ? { markup: '' }
      : html`<p class="quiet">Already logged in? Your page is at <a href="${loginOrigin}/">${loginOrigin}</a>.</p>\n`;
  return html`<p>This gateway gives you access to Kubernetes clusters. You log in with the account that you already have.</p>
<p class="actions"><a class="act" href="${loginOrigin}/.sallyport/login?return_to=/">Log in</a></p>
${elsewhere}<h2>In a terminal</h2>
<p>Log in and add your clusters to kubectl. After that, kubectl works as usual.</p>
${renderCommands(gatewayUrl)}`;
}
