import { readAnswer } from '../gateway/read-answer.ts';
import {
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
  elevationPreviewAnswerSchema,
  type ElevationPreview,
  type ElevationView,
  noticeListSchema,
  noticeResendAnswerSchema,
} from '@sallyport/contracts/answers';
import { askAsUser, callAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { fieldOf } from '../input/untrusted.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/times.ts';

const api = '/.sallyport/api/v1/elevations';
/** The gateway waits until its audit log has a step. */
const timeoutMs = 20_000;

/** Takes a step of an elevation, or asks for one with an empty `step`. Returns it as it is then. */
export async function sendElevation(gateway: OpenGateway, step: string, json: object): Promise<ElevationView> {
  const body = await callAsUser(gateway, { method: 'POST', path: `${api}${step}`, json, timeoutMs });
  return readAnswer(elevationAnswerSchema, body, 'the elevation').elevation;
}

/** Returns one elevation by its complete id. */
export async function readElevation(gateway: OpenGateway, id: string): Promise<ElevationView> {
  const body = await callAsUser(gateway, { method: 'GET', path: `${api}/${encodeURIComponent(id)}` });
  return readAnswer(elevationAnswerSchema, body, 'the elevation').elevation;
}

/** Lists the open elevations that the user can see, or with `all` also those that are over. */
export async function fetchElevations(gateway: OpenGateway, all: boolean) {
  const body = await callAsUser(gateway, { method: 'GET', path: `${api}${all ? '?all=true' : ''}` });
  return readAnswer(elevationListSchema, body, 'the elevations');
}

/** Lists what the user may ask for. */
export async function listOptions(gateway: OpenGateway) {
  const body = await callAsUser(gateway, { method: 'GET', path: `${api}/options` });
  return readAnswer(elevationOptionsSchema, body, 'what you may ask for');
}

/** Previews an elevation, without asking for it. */
export async function previewElevation(
  gateway: OpenGateway,
  asked: { name: string; cluster: string; namespace?: string },
): Promise<ElevationPreview> {
  const body = await callAsUser(gateway, { method: 'POST', path: `${api}/dry-run`, json: asked, timeoutMs });
  return readAnswer(elevationPreviewAnswerSchema, body, 'what the elevation would change').preview;
}

/** Lists what the user has to review, the one that is due first at the beginning. */
export async function listToReview(gateway: OpenGateway) {
  const body = await callAsUser(gateway, { method: 'GET', path: `${api}?toReview=true` });
  return readAnswer(elevationListSchema, body, 'the elevations');
}

/** Lists the open elevations that the user can see. A gateway of an earlier version has none. */
export async function openElevations(gateway: OpenGateway): Promise<ElevationView[]> {
  const { status, body } = await askAsUser(gateway, { method: 'GET', path: api });
  if (status !== 200 || fieldOf(body, 'elevations') === undefined) return [];
  return readAnswer(elevationListSchema, body, 'the elevations').elevations;
}

/** Reports whether an elevation is a right of the user now. */
export const isOwnActive = ({ mine, state }: ElevationView): boolean => mine && state === 'active';

/** Returns the complete id of an elevation that the user can see, from its beginning. */
export async function resolveElevationId(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const { elevations } = await fetchElevations(gateway, true);
  return resolveId(text, {
    kind: 'elevation',
    listedBy: 'sallyport elevations list --all',
    entries: elevations.map(({ id, name, user, createdAt }) => ({
      id,
      about: `${name} of ${user}, asked for at ${readableTime(createdAt)}`,
    })),
  });
}

const notificationsApi = '/.sallyport/api/v1/notifications';

/** Lists the notifications that channels have not taken. */
export async function listNotifications(gateway: OpenGateway) {
  const body = await callAsUser(gateway, { method: 'GET', path: notificationsApi });
  return readAnswer(noticeListSchema, body, 'the notifications');
}

/** Has notifications sent again that were given up. Returns how many. */
export async function resendNotifications(gateway: OpenGateway, json: object): Promise<number> {
  const body = await callAsUser(gateway, { method: 'POST', path: `${notificationsApi}/resend`, json });
  return readAnswer(noticeResendAnswerSchema, body, 'the answer').resent;
}
