import { loadBalancingOptions } from './load-balancing-options.ts';
import { nothingToDo, type UnsupportedOptions } from './unsupported-option.ts';

/** Options of a web route that have no counterpart, or not for the reason that they have none for clusters. */
export const unsupportedWebRouteOptions: readonly UnsupportedOptions[] = [
  [
    ['idle_timeout'],
    'connections have no idle limit',
    'Streams end when the right to them ends. Set the limits under streams.',
  ],
  [
    ['set_request_headers', 'set_authorization_header'],
    'the gateway adds no headers to a request but those on the user',
    'Set them in the application, or in a reverse proxy in front of it.',
  ],
  [['remove_request_headers'], 'only headers about the user, the connection and the gateway are removed', nothingToDo],
  [
    ['rewrite_response_headers', 'set_response_headers'],
    'responses pass as the application sends them',
    'Set the headers in the application.',
  ],
  [
    ['host_rewrite', 'host_rewrite_header', 'host_path_regex_rewrite_pattern', 'host_path_regex_rewrite_substitution'],
    'the application gets the host of `to`, or that of `from`',
    'Set preserveHost: true for the host of `from`.',
  ],
  [
    ['cors_allow_preflight'],
    'a request without a user never reaches the application',
    'Serve the API that other sites call at an address of its own.',
  ],
  [
    ['show_error_details'],
    'reasons for a refusal are shown in another way',
    'To let users see what would have allowed their request, set explain: true on the route.',
  ],
  [loadBalancingOptions, 'a route has only one address', 'Put a load balancer in front of the application.'],
];
