// The tests of attacks that HTTP/2 cannot have, by the titles around them, with the reason and with what stands for them.

export const onlyHttp1 = [
  {
    tests: /A01:/,
    why: 'the header Connection, which HTTP/2 forbids (S97: a head with connection is reset)',
  },
  {
    tests: /A18: a request with|A18: a request behind/,
    why: 'the framing of HTTP/1.1, and requests behind one another (S97, and S98 for bodies that are cut)',
  },
  {
    tests:
      /A08|A09|A12|A13|A42|upgrade|exec|WebSocket|SPDY|port-forward|attach|subprotocol|A34: a stream that (?:the cluster|a client)|S20: .*an allowed request is recorded|S23: .*if it writes or runs something|A19: .*(?:opens streams without limit|announces a frame|300,000 frames)|A30 and A32: a secret is close when bodies/i,
    why: 'upgrades, which clients send over HTTP/1.1 (S97: a head with upgrade is reset)',
  },
  {
    tests: /A43: .*(?:ambiguous head|does not count at https?:|shows the page on no other host)/,
    why: 'absolute targets, codings, Connection and Upgrade with a cookie, which HTTP/2 forbids (S97)',
  },
  {
    tests: /A19: .*(?:2,000 header lines|does not finish its head)/,
    why: 'the limits of the heads of HTTP/1.1 (S95: heads of 1,000 fields, CONTINUATION without end)',
  },
  {
    tests: /S31/,
    why: 'two Host lines, of which HTTP/2 has one besides :authority (S97: two hosts, another host than :authority)',
  },
  {
    tests: /A07: a credential that is white space/,
    why: 'blanks around a value, which HTTP/1.1 leaves out and HTTP/2 forbids (S97)',
  },
  {
    tests: /S07|S08|A33: a decision is not reused for the next user/,
    why: 'requests that wait behind one another on a connection (S95: requests at once; S99)',
  },
];
