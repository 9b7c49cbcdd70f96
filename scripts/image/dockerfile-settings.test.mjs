import { describe, expect, it } from '@jest/globals';
import { readDockerfileSettings } from './dockerfile-settings.mjs';

const text = `
ARG BASE
FROM \${BASE} AS tools
ENV LEFT=out
# A comment
FROM tools AS services
RUN one \\
 && two
ENV A=1 B=/x
WORKDIR /w
USER 10001:10001
EXPOSE 80 81
ENTRYPOINT ["/e"]
CMD ["help"]
FROM services AS other
LABEL title="another"
FROM services AS production
ARG VERSION=1
LABEL title="The \${VERSION}" \\
      plain=yes
`;

describe('the settings of an image', () => {
  it('are those of its stage in the Dockerfile, and of the stages that it begins with', () => {
    expect(readDockerfileSettings(text, 'production', { VERSION: '2' })).toEqual({
      Env: ['LEFT=out', 'A=1', 'B=/x'],
      WorkingDir: '/w',
      User: '10001:10001',
      ExposedPorts: { '80/tcp': {}, '81/tcp': {} },
      Entrypoint: ['/e'],
      Cmd: ['help'],
      Labels: { title: 'The 2', plain: 'yes' },
    });
    expect(readDockerfileSettings(text, 'production').Labels.title).toBe('The 1');
  });

  it('are refused if one of them would be lost', () => {
    expect(() => readDockerfileSettings(`${text}STOPSIGNAL SIGINT\n`, 'production')).toThrow('STOPSIGNAL');
    expect(() => readDockerfileSettings(text, 'missing')).toThrow('no stage "missing"');
  });
});
