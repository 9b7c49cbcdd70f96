import { describe, expect, it } from '@jest/globals';
import { renderAboutFingerprint, renderLogin, renderSetUp } from './commands.ts';

const known = { gatewayUrl: 'https://gate.example.com', isPrivate: false };
const ofPrivateCa = { ...known, isPrivate: true };

describe('the command that logs in on a new machine', () => {
  it('names the host, or the whole URL if that is not https', () => {
    expect(renderLogin(known).markup).toContain('>sallyport login gate.example.com<');
    expect(renderLogin({ ...known, gatewayUrl: 'http://127.0.0.1:8080' }).markup).toContain(
      '>sallyport login http://127.0.0.1:8080<',
    );
  });

  it('asks for the fingerprint of a private CA wherever it is shown, and only then', () => {
    const option = '--ca-fingerprint FINGERPRINT';
    expect(renderLogin(ofPrivateCa, './sallyport').markup).toContain(`>./sallyport login gate.example.com ${option}<`);
    expect(renderSetUp(ofPrivateCa).markup).toContain(option);
    expect(renderSetUp(ofPrivateCa).markup).toContain(renderAboutFingerprint(ofPrivateCa).markup);
    expect(renderAboutFingerprint(ofPrivateCa).markup).toContain('Ask the operator');
    expect(renderSetUp(known).markup).not.toContain('FINGERPRINT');
  });
});
