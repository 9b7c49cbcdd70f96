import {
  type ServiceAccountNotice,
  formatDuration,
  lackingWords,
  type ElevationNotice,
  type Notice,
} from '@sallyport/contracts';
import { shownText } from '@sallyport/kit';

/** What people read, whatever the channel: texts on one line each, without anything invisible, but not escaped. */
export type Message = {
  title: string;
  facts: readonly { label: string; text: string }[];
  /** A page of the gateway, and what opens it. Opening it changes nothing. */
  link: string;
  linkLabel: string;
};

/** Returns a time as people read it, in UTC. */
const timeOf = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');

/** Describes a service account that ends soon, for its maker and for those who run what uses it. */
function describeServiceAccount(
  { name, groups, maker, expiresAt, lastUsedAt }: ServiceAccountNotice['serviceAccount'],
  gatewayUrl: string,
): Message {
  return {
    title: `The service account ${shownText(name)} of ${shownText(maker.user)} ends at ${timeOf(expiresAt)}`,
    facts: [
      { label: 'Groups', text: shownText(groups.join(', ')) },
      { label: 'Last used', text: lastUsedAt === undefined ? 'never' : timeOf(lastUsedAt) },
      {
        label: 'To go on',
        text: 'Make another one with "sallyport service-account create", change over, and revoke this one.',
      },
    ],
    link: `${gatewayUrl}/`,
    linkLabel: 'Open the gateway',
  };
}

const maxReason = 500;

/** Returns the address of the page of an elevation. */
export function linkOf(gatewayUrl: string, elevationId: string): string {
  return `${gatewayUrl}/.sallyport/elevations/${encodeURIComponent(elevationId)}`;
}

/** Says in one sentence what has happened. */
function sentenceOf({ type, by, elevation }: ElevationNotice): string {
  const { user, name, cluster, namespace, expiresAt, approvalsNeeded } = elevation;
  const who = shownText(user);
  const what = shownText(`${name} on ${cluster}${namespace === undefined ? '' : `, namespace ${namespace}`}`);
  const actor = by === undefined ? 'The gateway' : shownText(by);
  const until = expiresAt === undefined ? '' : ` until ${timeOf(expiresAt)}`;
  switch (type) {
    case 'elevation.requested':
      return `${who} asks for ${what}`;
    case 'elevation.approved':
      return `${actor} approved ${what} for ${who}`;
    case 'elevation.denied':
      return `${actor} denied ${what} for ${who}`;
    case 'elevation.withdrawn':
      return `${who} no longer asks for ${what}`;
    case 'elevation.timed-out':
      return `The request of ${who} for ${what} was not decided in time`;
    case 'elevation.activated':
      return `${approvalsNeeded === 0 ? 'Without approval: ' : ''}${who} has ${what}${until}`;
    case 'elevation.extended':
      return `${who} has ${what} for longer,${until}`;
    case 'elevation.expired':
      return `${what} of ${who} has ended`;
    case 'elevation.revoked':
      return `${actor} ended ${what} of ${who}`;
    case 'elevation.reviewed':
      return `${actor} reviewed ${what} of ${who}`;
    case 'elevation.review-overdue':
      return `The review of ${what} of ${who} is overdue`;
    default:
      return `${what} of ${who}: ${shownText(type.replace(/^elevation\./, ''))}`;
  }
}

/** Says how many approvals there are, and while it waits for more, whose are lacking. */
function approvalsOf({ approvalsNeeded, approvers, approverSets, state }: ElevationNotice['elevation']): string {
  if (approvalsNeeded === 0) return 'none needed';
  const lacking = state === 'pending' ? lackingWords({ approvalsNeeded, approvals: approvers, approverSets }) : '';
  return `${approvers.length} of ${approvalsNeeded}${lacking === '' ? '' : `, needs ${lacking}`}`;
}

/** Describes a step of an elevation. Texts of people are bounded. */
function describeElevation(notice: ElevationNotice, gatewayUrl: string): Message {
  const { elevation, type, detail } = notice;
  const { reason, ticket, groups, durationMs, startsAt, pendingUntil, approvalsNeeded, approvers } = elevation;
  const isRequest = type === 'elevation.requested';
  const facts: [string, string | undefined][] = [
    ['Reason', reason && shownText(reason, maxReason)],
    ['Comment', detail && shownText(detail, maxReason)],
    ['Ticket', ticket && shownText(ticket)],
    ['Groups', shownText(groups.join(', '))],
    ['For', formatDuration(durationMs)],
    ['From', startsAt === undefined ? undefined : timeOf(startsAt)],
    ['Decide before', isRequest && approvalsNeeded > 0 ? timeOf(pendingUntil) : undefined],
    ['Approvals', approvalsOf(elevation)],
    ['Approved by', approvers.length === 0 ? undefined : shownText(approvers.join(', '))],
  ];
  return {
    title: sentenceOf(notice),
    facts: facts.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [{ label, text }])),
    link: linkOf(gatewayUrl, elevation.id),
    linkLabel: 'Open the elevation',
  };
}

/** Describes what people are told of. Texts of people are bounded. */
export function describeNotice(notice: Notice, gatewayUrl: string): Message {
  return 'elevation' in notice
    ? describeElevation(notice, gatewayUrl)
    : describeServiceAccount(notice.serviceAccount, gatewayUrl);
}
