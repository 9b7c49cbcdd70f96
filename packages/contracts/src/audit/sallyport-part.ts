import * as z from 'zod/mini';
import { decisionSchema } from '../policy/decision.ts';
import { configFaultSchema } from '../policy/config-fault.ts';
import { connectorPart } from './connector-part.ts';
import { proofPartSchema } from './proof-part.ts';
import { about } from '../text/about.ts';

/** The members that audit.k8s.io does not have. */
export const sallyportPartSchema = z.object({
  cluster: about(
    'The cluster that the request names.',
    z.optional(
      z.object({
        id: about('Identifies the cluster.', z.string()),
        name: about('The name of the cluster.', z.string()),
      }),
    ),
  ),
  policyVerb: about('The verb that policy evaluated.', z.optional(z.string())),
  policyVerbs: about(
    'All verbs as which the request must be allowed, if there is more than one.',
    z.optional(z.array(z.string())),
  ),
  sessionId: about('Identifies the session. It is no secret: it cannot be used to log in.', z.optional(z.string())),
  credentialKind: about(
    'What the caller is known by: session for a request with a token, cli or browser for the session that an event is about, gateway for what the gateway asks itself.',
    z.optional(z.string()),
  ),
  identity: about(
    'Who the user is to their identity provider. Absent for anonymous callers.',
    z.optional(
      z.object({
        iss: about('The issuer. Issuer and subject together identify a user.', z.string()),
        sub: about('The subject.', z.string()),
        email: about('The email address.', z.optional(z.string())),
        groups: about('The groups, before any settings of a cluster.', z.array(z.string())),
        amr: about('How the user authenticated to the provider (RFC 8176).', z.optional(z.array(z.string()))),
        authTime: about('When the user authenticated to the provider, in seconds since 1970.', z.optional(z.number())),
      }),
    ),
  ),
  decision: about(
    'The decision of the policy.',
    z.optional(
      z.extend(decisionSchema, {
        judgedAs: about('The name of evaluatedAs in events before version 0.2.0.', z.optional(z.string())),
      }),
    ),
  ),
  droppedGroups: about('Groups of the user that are not sent to the cluster.', z.optional(z.array(z.string()))),
  exec: about(
    'The command that the request runs in a container.',
    z.optional(
      z.object({
        container: about('The container. Empty if the request names none.', z.string()),
        command: about(
          'The command and its arguments, in clear text, or each of them as a keyed hash (audit.execCommand: hashed). Hashes of different people cannot be compared.',
          z.array(z.string()),
        ),
        tty: about('Whether the command has a terminal.', z.boolean()),
        stdin: about('Whether the command has an input.', z.boolean()),
      }),
    ),
  ),
  invocation: about(
    'What kubectl says about its own call. Do not trust it.',
    z.optional(
      z.object({
        kubectlSession: about(
          'The Kubectl-Session header, the same for all requests of one call.',
          z.optional(z.string()),
        ),
        kubectlCommand: about('The Kubectl-Command header.', z.optional(z.string())),
      }),
    ),
  ),
  bytesIn: about(
    'The bytes that the client sent: of the body, or over the connection of a stream.',
    z.optional(z.number()),
  ),
  bytesOut: about(
    'The bytes that the client was sent: of the body, or over the connection of a stream.',
    z.optional(z.number()),
  ),
  durationMs: about('Milliseconds since the request arrived.', z.optional(z.number())),
  upstreamMs: about('Milliseconds since the request was sent to the cluster.', z.optional(z.number())),
  protocol: about('http/1.1 or http/2, or the protocol of an upgrade.', z.optional(z.string())),
  clientAddress: about("The client's IP address. Absent for requests of the gateway itself.", z.optional(z.string())),
  /** For a login that was approved in a browser elsewhere: the address and user agent of that browser. */
  approvedFrom: about(
    'For a login that was approved in a browser elsewhere: that browser.',
    z.optional(
      z.object({
        clientAddress: about('The IP address of that browser.', z.optional(z.string())),
        userAgent: about('The User-Agent header of that browser. Do not trust it.', z.optional(z.string())),
      }),
    ),
  ),
  forwardedFor: about('The X-Forwarded-For header of the client. Do not trust it.', z.optional(z.string())),
  policy: about(
    'For policy events: the policy that came into force or was refused.',
    z.optional(
      z.object({
        version: about('The version that is in force.', z.optional(z.string())),
        previous: about('The version that it replaced.', z.optional(z.string())),
        rules: about('The number of its rules.', z.optional(z.number())),
        clusters: about('The number of clusters that it has rules for.', z.optional(z.number())),
        trigger: about('What caused the policy to be read: the start, a changed file, or a signal.', z.string()),
        faults: about('Why the file was refused.', z.optional(z.array(configFaultSchema))),
      }),
    ),
  ),
  stream: about(
    'For stream events, and for the end of a request that the gateway ended: the stream.',
    z.optional(
      z.object({
        id: about('Identifies the stream.', z.string()),
        kind: about('exec, attach, portforward, log, watch, proxy, or request for a plain request.', z.string()),
        reason: about('Why the gateway ended it. Absent if it ended by itself.', z.optional(z.string())),
        detail: about('The message to the client.', z.optional(z.string())),
        /** At the end: payload bytes by channel, the exit code, and why the stream could not be parsed, if so. */
        channels: about(
          'Payload bytes by channel, at the end.',
          z.optional(
            z.record(
              z.string(),
              z.object({
                fromClient: about('Bytes from the client.', z.number()),
                fromServer: about('Bytes from the cluster.', z.number()),
              }),
            ),
          ),
        ),
        exitCode: about("The command's exit code.", z.optional(z.number())),
        unread: about('Why the stream could not be read along, if so.', z.optional(z.string())),
      }),
    ),
  ),
  connector: connectorPart,
  explained: about(
    'For an explanation of a decision (policy explain, can-i): the question and its answer.',
    z.optional(
      z.object({
        cluster: about('The cluster that was asked about.', z.string()),
        verb: about('The verb that was asked about.', z.string()),
        resource: about('The resource that was asked about, with its subresource.', z.optional(z.string())),
        namespace: about('The namespace that was asked about.', z.optional(z.string())),
        name: about('The name that was asked about.', z.optional(z.string())),
        path: about('The path that was asked about, if it is not that of a resource.', z.optional(z.string())),
        about: about('The user that was asked about, if it is not the caller.', z.optional(z.string())),
        effect: about('The effect that was answered.', z.optional(z.string())),
        rule: about('The position of the rule that was answered.', z.optional(z.string())),
        ruleName: about('The name of that rule, if it has one.', z.optional(z.string())),
        shows: about('How much the caller was shown of the reasons.', z.optional(z.string())),
      }),
    ),
  ),
  /**
   * For a change of the directory: the source, the token or sync that made the change, and the change itself. Of many
   * members only the first ones by name are listed.
   */
  directory: about(
    'For a change of the directory: its source, and what changed.',
    z.optional(
      z.object({
        source: about('The name of the source.', z.optional(z.string())),
        by: about('The name of the token that made the change, or reading for a sync.', z.optional(z.string())),
        kind: about('User or Group.', z.optional(z.string())),
        id: about("The source's ID of the user or the group.", z.optional(z.string())),
        name: about('The name of the user or the group.', z.optional(z.string())),
        active: about('Whether the user may log in.', z.optional(z.boolean())),
        added: about(
          'Members that were added to a group, at most the first twenty by name.',
          z.optional(z.array(z.string())),
        ),
        removed: about(
          'Members that were removed from a group, at most the first twenty by name.',
          z.optional(z.array(z.string())),
        ),
        addedCount: about('How many members were added.', z.optional(z.number())),
        removedCount: about('How many members were removed.', z.optional(z.number())),
      }),
    ),
  ),
  /**
   * For a request to a cluster or to the gateway's own API: its method, and for a cluster the parts of its target.
   * `query` is as received. `proxyPath` (the path that a proxied request asks the backend for) and the selectors are
   * decoded. A text that is too long has `…` between its head and its tail. `targetLength` (characters) and
   * `targetSha256` (hexadecimal) are of the whole target as an event may contain it. They are set if it is longer than
   * `requestURI` may be.
   */
  request: about(
    'What the request asks for, in members of its own that are longer than requestURI may be.',
    z.optional(
      z.object({
        method: about('The HTTP method.', z.string()),
        query: about('The query as it arrived.', z.optional(z.string())),
        labelSelector: about('The label selector, decoded.', z.optional(z.string())),
        fieldSelector: about('The field selector, decoded.', z.optional(z.string())),
        proxyPath: about(
          'What follows proxy, decoded: the path that a node, a pod or a service receives.',
          z.optional(z.string()),
        ),
        queryHash: about(
          'For a request to a web application: a keyed hash of its query, in base64url. Hashes of different people cannot be compared.',
          z.optional(z.string()),
        ),
        queryLength: about('For a request to a web application: the length of its query.', z.optional(z.number())),
        impersonate: about(
          'Whom the request asked to act as, allowed or not: user:NAME, serviceaccount:NAMESPACE/NAME, group:NAME, uid:UID, extra:KEY=VALUE.',
          z.optional(z.array(z.string())),
        ),
        targetSha256: about(
          'The SHA-256 of the whole target, without tokens and commands, in hexadecimal. Set if it is longer than requestURI may be.',
          z.optional(z.string()),
        ),
        targetLength: about(
          'The length of the whole target in characters. Set if it is longer than requestURI may be.',
          z.optional(z.number()),
        ),
      }),
    ),
  ),
  portForward: about(
    'The ports of a port-forward.',
    z.optional(
      z.object({
        ports: about(
          'Each port of the pod.',
          z.array(
            z.object({
              port: about('The port of the pod.', z.number()),
              connections: about('How many connections were made.', z.number()),
              fromClient: about('Bytes from the client.', z.number()),
              fromServer: about('Bytes from the pod.', z.number()),
            }),
          ),
        ),
      }),
    ),
  ),
  /**
   * For one event that represents several similar ones: how many (itself included), their first and last times, and
   * what they have in common: the client's address (an IPv6 one as its /64) or the number of addresses, and their
   * cause. Everything else in the event is from the last of them.
   */
  aggregated: about(
    'For one event that stands for several similar ones: everything else in it is from the last of them.',
    z.optional(
      z.object({
        count: about('How many events it stands for, including itself.', z.number()),
        firstTimestamp: about('When the first of them happened.', z.string()),
        lastTimestamp: about('When the last of them happened.', z.string()),
        address: about("The client's IP address; of IPv6, its /64.", z.optional(z.string())),
        addresses: about('From how many addresses they came, if there are several.', z.optional(z.number())),
        cause: about('What they have in common.', z.optional(z.string())),
      }),
    ),
  ),
  route: about('For a request to a web application: the address of its route.', z.optional(z.string())),
  application: about(
    "For a request that a web application sends to a cluster for its user: the address of the application's route.",
    z.optional(z.string()),
  ),
  /** The elevation that the request used (of several: break-glass, or the first), or that an elevation event is about. */
  elevation: about(
    'The elevation that the request used, or that the event is about.',
    z.optional(
      z.object({
        id: about('Identifies the elevation.', z.string()),
        name: about('The name of the elevation in the configuration.', z.string()),
        expiresAt: about('When it ends.', z.optional(z.string())),
        approvedFor: about(
          'For an approval, if each of several sets of people must approve: the sets to which the approver belongs.',
          z.optional(z.array(z.string())),
        ),
        approvers: about('The users who approved it.', z.optional(z.array(z.string()))),
        ticket: about('The ticket that the requester named.', z.optional(z.string())),
        user: about('For an elevation event: who asked for it.', z.optional(z.string())),
        reason: about('For an elevation event: why they asked.', z.optional(z.string())),
        namespace: about(
          'For an elevation event: the namespace, if it is not for the whole cluster.',
          z.optional(z.string()),
        ),
        groups: about('For an elevation event: the groups that it adds.', z.optional(z.array(z.string()))),
        breakGlass: about('Set if it began without an approval.', z.optional(z.boolean())),
        /** For an elevation event: by when it must be reviewed, once that is known, and the verdict of a review. */
        review: about(
          'For an elevation event: its review, if it needs one.',
          z.optional(
            z.object({
              dueAt: about('By when it must be reviewed. A revocation makes it earlier.', z.optional(z.string())),
              verdict: about('What a reviewer has found: justified or unjustified.', z.optional(z.string())),
            }),
          ),
        ),
      }),
    ),
  ),
  elevations: about(
    'All elevations that the request used, if there were several. `elevation` is one of them, break-glass if there is any.',
    z.optional(
      z.array(
        z.object({
          id: about('Identifies the elevation.', z.string()),
          name: about('The name of the elevation in the configuration.', z.string()),
        }),
      ),
    ),
  ),
  /** For a notification that was given up: its channel, the event that it is about, and how often it was tried. */
  notification: about(
    'The notification that the event is about.',
    z.optional(
      z.object({
        channel: about('The channel in the configuration.', z.string()),
        eventId: about('The id of the event that the notification is about.', z.string()),
        type: about('The type of that event.', z.string()),
        tries: about('How often it was tried.', z.number()),
      }),
    ),
  ),
  /**
   * For an exec whose command is the tar of a `kubectl cp`. Paths are text of the client or the cluster, and hashed like
   * the command. `sha256` of several files is over their digests in order, each in hexadecimal.
   */
  copy: about(
    'For a kubectl cp: what was copied.',
    z.optional(
      z.object({
        path: about('The path in the container.', z.string()),
        bytes: about('How many bytes were copied.', z.optional(z.number())),
        sha256: about(
          'The SHA-256 of the file in hexadecimal; of several files, that over their digests in order. Absent if not everything could be read.',
          z.optional(z.string()),
        ),
        direction: about('upload (into the container) or download.', z.optional(z.string())),
        files: about(
          'The files that were copied whole, at most the first hundred. Their names are those in the archive. Do not trust them.',
          z.optional(
            z.array(
              z.object({
                path: about('The name of the file.', z.string()),
                bytes: about('Its size.', z.number()),
                sha256: about('Its SHA-256, in hexadecimal.', z.string()),
              }),
            ),
          ),
        ),
        fileCount: about('How many files were copied whole.', z.optional(z.number())),
        unread: about('Why the archive could not be read to its end, if so.', z.optional(z.string())),
      }),
    ),
  ),
  /**
   * For a session that is recorded. `part` events have the files of one part, `gap` events a time that an optional
   * recording lacks, and `finished` events the totals. `sha256` of a finished recording is over the digests of its files in
   * order, each in hexadecimal.
   */
  recording: about(
    'The recording of the session.',
    z.optional(
      z.object({
        id: about('Identifies the recording.', z.string()),
        demand: about('Whether it was required or optional.', z.optional(z.string())),
        recipients: about('The public keys that it is sealed for.', z.optional(z.array(z.string()))),
        part: about('The number of the part, from 1.', z.optional(z.number())),
        files: about(
          'The files of the part, as they are stored. More than one if the gateway was stopped before it closed the part.',
          z.optional(
            z.array(
              z.object({
                name: about('The name of the file.', z.string()),
                bytes: about('Its size.', z.number()),
                sha256: about('Its digest, in hexadecimal.', z.string()),
              }),
            ),
          ),
        ),
        parts: about('How many parts the recording has.', z.optional(z.number())),
        bytes: about('The size of all its files.', z.optional(z.number())),
        sha256: about('The digest of the recording, in hexadecimal.', z.optional(z.string())),
        outcome: about(
          'How it ended: complete, cut (the gateway was stopped, and everything that was written is there) or lost.',
          z.optional(z.string()),
        ),
        from: about('For a gap: when it began.', z.optional(z.string())),
        until: about('For a gap: when it ended.', z.optional(z.string())),
        reason: about('Why there is a gap or a loss.', z.optional(z.string())),
        by: about('For a view: who or what showed it, such as play, search or the page.', z.optional(z.string())),
      }),
    ),
  ),
  /** The agent that makes the request for the user. `id` is that of its session. */
  agent: about(
    'The agent that makes the request.',
    z.optional(
      z.object({ id: about('Identifies the agent.', z.string()), name: about('The name of the agent.', z.string()) }),
    ),
  ),
  workload: about(
    'For the session of a workload: its entry in the configuration, and in workload.session.started the verified token.',
    z.optional(
      z.object({
        name: about('The name of the workload in the configuration.', z.string()),
        issuer: about('The issuer of the token (iss), or the SPIFFE trust domain.', z.optional(z.string())),
        subject: about('The subject of the token (sub).', z.optional(z.string())),
        audience: about('The audience of the token (aud).', z.optional(z.string())),
        jti: about('The ID of the token, if it has one.', z.optional(z.string())),
        claims: about(
          'The claims that the configuration matches, with their values.',
          z.optional(z.record(z.string(), z.string())),
        ),
      }),
    ),
  ),
  ...proofPartSchema.shape,
  detail: about('More about the event, for people.', z.optional(z.string())),
});
export type SallyportPart = z.infer<typeof sallyportPartSchema>;
