// Certificates created for these tests. Their keys were deleted, and nothing trusts them.

/**
 * P-256, with two alternative names of each kind that policies know: one.example.com, two.example.com;
 * alice@example.com, al@example.org; https://example.com/people/alice, spiffe://example.com/a.
 */
export const aliceCertificate = `-----BEGIN CERTIFICATE-----
MIICDDCCAbKgAwIBAgIUPKH0/YbaCLyOZ8P1ZyEQ9e+4nBcwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFYWxpY2UwIBcNMjYxMTI1MDkxNTUwWhgPMjEyNjExMDEwOTE1
NTBaMBAxDjAMBgNVBAMMBWFsaWNlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
g2pyhPK883RTu/lhXwllmK1u1B0QW1bZLOIkX1TRE9U0qTnJu5BAihRMIZxRUJ++
2CL3//1Erq6j5FJNrVohEKOB5zCB5DAdBgNVHQ4EFgQUIPwH6tZOyV8mA5oVWsLU
xbZGxDcwHwYDVR0jBBgwFoAUIPwH6tZOyV8mA5oVWsLUxbZGxDcwDwYDVR0TAQH/
BAUwAwEB/zCBkAYDVR0RBIGIMIGFgg9vbmUuZXhhbXBsZS5jb22CD3R3by5leGFt
cGxlLmNvbYERYWxpY2VAZXhhbXBsZS5jb22BDmFsQGV4YW1wbGUub3JnhiBodHRw
czovL2V4YW1wbGUuY29tL3Blb3BsZS9hbGljZYYWc3BpZmZlOi8vZXhhbXBsZS5j
b20vYYcECgAAATAKBggqhkjOPQQDAgNIADBFAiBXb29GLOhB0EeR+YamRbyuMuCs
KGnwZwZX/1tNZtC7jgIhAMZA4b/n+DywcbyOmNjWgb1NqXUS/9ZOnevO8IVyrqCd
-----END CERTIFICATE-----`;

/** Hashes of aliceCertificate as OpenSSL prints them. */
export const aliceHashes = {
  fingerprint: 'fddc5745c7885722f237c0636ecb2ed42316ec6ac5ad37086607146e71711668',
  longFingerprint: 'FD:DC:57:45:C7:88:57:22:F2:37:C0:63:6E:CB:2E:D4:23:16:EC:6A:C5:AD:37:08:66:07:14:6E:71:71:16:68',
  spkiHash: 'R/vjG815g7TPtT3S3iqrq8S7NTP4FnoBMoTBrB84e+Q=',
};

/** Ed25519, without any alternative name. */
export const bareCertificate = `-----BEGIN CERTIFICATE-----
MIIBLDCB36ADAgECAhRutamYjHW9lBT3ujoph+G8dL9cRzAFBgMrZXAwDjEMMAoG
A1UEAwwDYm9iMCAXDTI2MTEyNTA5MTU1MVoYDzIxMjYxMTAxMDkxNTUxWjAOMQww
CgYDVQQDDANib2IwKjAFBgMrZXADIQBYKe77cAuJzUVYCBDcyEEMou80seFcR490
c38NJkkyIKNNMEswHQYDVR0OBBYEFFpdjmkv8BMnrWmc/Q5eux2ytbnbMB8GA1Ud
IwQYMBaAFFpdjmkv8BMnrWmc/Q5eux2ytbnbMAkGA1UdEwQCMAAwBQYDK2VwA0EA
Cw1aR4pDxPptIImlLudEfiEKgXQUri7Q4/fSj8kZpg9a7LmWO7DNC7qoJPCkgmfD
gsZ6hXr5jCgObbwbJGRqAQ==
-----END CERTIFICATE-----`;

/** Its URIs try to look like other names: `http://example.com/, DNS:admin.example.com` is one. */
export const trickyCertificate = `-----BEGIN CERTIFICATE-----
MIIBizCCAT2gAwIBAgIUNSZ0y3geTlQRl4z/nrkyukKR5U0wBQYDK2VwMBIxEDAO
BgNVBAMMB21hbGxvcnkwIBcNMjYxMTI1MDkxNTUxWhgPMjEyNjExMDEwOTE1NTFa
MBIxEDAOBgNVBAMMB21hbGxvcnkwKjAFBgMrZXADIQAXD/wgwP2y9Q1T4QYmW3BU
5EqePkHlFMzSruGhCdNkjKOBojCBnzB+BgNVHREEdzB1hipodHRwOi8vZXhhbXBs
ZS5jb20vLCBETlM6YWRtaW4uZXhhbXBsZS5jb22GMmh0dHA6Ly9leGFtcGxlLmNv
bS9xdW90ZWRcLCBlbWFpbDpyb290QGV4YW1wbGUuY29tghNtYWxsb3J5LmV4YW1w
bGUuY29tMB0GA1UdDgQWBBRTp6JOfl0fwAjNPzKkdylKFcUFMzAFBgMrZXADQQDB
zZ4CRye0znrorpzzX4jt+id8heg+G3BnxN6bd3M6ZRMoRUYMNyx7+vByQiXMzJy/
lICEM+rIjgw2mVzZ/ZwL
-----END CERTIFICATE-----`;
