import type { SessionSummary, StreamRow } from '@sallyport/contracts';
import { installPath } from '@sallyport/contracts/answers';
import { html, renderCommand, renderSetUp, renderTime, type Html } from '@sallyport/pages';
import { shownText } from '@sallyport/kit';
import type { OwnCluster } from '../calls/ask-reach.ts';
import type { LandingSettings, PortalDeps } from '../calls/portal-deps.ts';
import type { Landing } from './read-landing.ts';
import { renderElevations, renderUrgent } from './render-elevations.ts';
import { programName } from './program-name.ts';
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

const nothing: Html = { markup: '' };
const install = html`<p><a href="${installPath}">Install the command line</a></p>`;
const name = (text: string) => html`<bdi>${shownText(text)}</bdi>`;

function endButton(kind: 'sessions' | 'streams', id: string, what: string): Html {
  return html`<form method="post" action="/.sallyport/${kind}/${encodeURIComponent(id)}/end"><button class="plain small" type="submit" aria-label="End ${what}">End</button></form>`;
}

const logOut = html`<form method="post" action="/.sallyport/logout"><button class="plain small" type="submit">Log out</button></form>`;

/** Renders who is logged in, in one line. */
const renderWho = ({ caller }: Landing): Html =>
  html`<div class="who"><span>You are logged in as <strong>${name(caller.identity.user)}</strong>.</span> <span><a href="/console">Console</a></span> ${logOut}</div>`;

/** Renders what the gateway knows about the person and their session. */
function renderAccount({ caller, sessions }: Landing, { providerName, now }: LandingSettings): Html {
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
  return html`<h2>Account</h2>
<dl>
<dt>User</dt><dd>${name(identity.user)}</dd>
<dt>Groups</dt><dd><bdi>${groups}</bdi>${more}</dd>
<dt>Identity provider</dt><dd>${name(providerName(identity.provider))}</dd>
${current ? html`<dt>Logged in</dt><dd>${renderTime(current.createdAt, now())}</dd>\n` : nothing}<dt>Session ends</dt><dd>${renderTime(session.expiresAt, now())}</dd>
${current && current.idleEndsAt < session.expiresAt ? html`<dt>Ends if unused</dt><dd>${renderTime(current.idleEndsAt, now())}</dd>\n` : nothing}</dl>`;
}

/** Says whether the connector of a cluster is connected, and since when. */
function renderConnector({ connector }: Pick<OwnCluster, 'connector'>, now: number): Html {
  if (!connector) return nothing;
  const since = connector.since === undefined ? nothing : html` since ${renderTime(connector.since, now)}`;
  return html`<div class="quiet">Connector ${connector.connected ? 'connected' : 'not connected'}${since}</div>`;
}

function renderClusters({ clusters }: Landing, now: number): Html {
  const words = {
    title: 'Clusters',
    none: 'The policy allows you nothing on any cluster. If you expected one, ask the operator of this gateway.',
    all: 'sallyport clusters',
  };
  return renderRows(
    clusters,
    words,
    (one) =>
      html`<div><strong>${one.name}</strong>${one.host === undefined ? nothing : html` <span class="quiet">${one.host}</span>`}</div><div>${renderCommand(`kubectl --context sallyport-${one.name} get pods`)}</div>${renderConnector(one, now)}`,
  );
}

/** Renders the commands for a new machine, for people who may use a cluster. */
function renderNewMachine({ clusters }: Landing, settings: LandingSettings): Html {
  if ('rows' in clusters && clusters.rows.length === 0) return nothing;
  return html`<h2>On a new machine</h2>
<p>Type this once in a terminal. After that, kubectl works as usual.</p>
${renderSetUp(settings)}
${install}`;
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
    const from = shownText(one.clientAddress ?? 'an unknown address');
    const program = one.userAgent === undefined ? undefined : shownText(programName(one.userAgent));
    const kind = program === undefined ? nothing : html`${kinds[one.kind]} `;
    const what = program === undefined ? kinds[one.kind] : `${kinds[one.kind]} session of ${program}`;
    return html`<div><strong><bdi>${program ?? kinds[one.kind]}</bdi></strong>${current ? html` <span class="here">this one</span>` : nothing}<div class="quiet">${kind}from ${from} since ${renderTime(one.createdAt, now)}, ends ${renderTime(one.expiresAt, now)}</div></div>${current ? logOut : endButton('sessions', one.id, `the ${what} from ${from}`)}`;
  });
}

/** Renders the page for a user who is logged in. `notice` says what their last click has done. */
export function renderLanding(landing: Landing, settings: LandingSettings, notice: string | undefined): Html {
  const now = settings.now();
  return html`${notice === undefined ? nothing : html`<p class="note" role="status">${notice}</p>\n`}${renderWho(landing)}
${renderUrgent(landing.elevations, now)}${renderClusters(landing, now)}
${renderApplications(landing)}
${renderElevations(landing.elevations, now)}
${renderStreams(landing, now)}
${renderSessions(landing, now)}
${renderNewMachine(landing, settings)}
${renderAccount(landing, settings)}`;
}

/** Renders the page for a browser that is not logged in here: what this is, and how to log in. */
export function renderWelcome({ origin, landing }: Pick<PortalDeps, 'origin' | 'landing'>): Html {
  const { loginOrigin } = landing;
  // A browser has its session at the origin of the login pages. On another one it only looks logged out.
  const elsewhere =
    origin === loginOrigin
      ? { markup: '' }
      : html`<p class="quiet">Already logged in? Your page is at <a href="${loginOrigin}/">${loginOrigin}</a>.</p>\n`;
  return html`<p>This gateway gives you access to Kubernetes clusters. You log in with the account that you already have.</p>
<p class="actions"><a class="act" href="${loginOrigin}/.sallyport/login?return_to=/">Log in</a></p>
${elsewhere}<h2>In a terminal</h2>
<p>Log in and add your clusters to kubectl. After that, kubectl works as usual.</p>
${renderSetUp(landing)}
${install}`;
}
