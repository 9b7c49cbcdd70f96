/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 * @jest-environment-options {"carrier": "HTTP/2"}
 */
// The attacks on clusters once more: the requests of the attacker, and those of the clients beside, are over HTTP/2.
import './attacks.e2e.ts';
