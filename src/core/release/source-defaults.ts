import {
  always,
  api,
  apiText,
  controller,
  type FieldGroup,
  holder,
  ifWritten,
  since,
  text,
} from './field-defaults.ts';

const NO = controller(false);

/** What the controllers of sources take for absent fields, by kind (flux.md 1.6 to 1.8). */
export const SOURCE_DEFAULTS: Readonly<Record<string, FieldGroup>> = {
  HelmRepository: ifWritten({
    // The scheme of the URL changes nothing: oci:// without `type: oci` is an error to the controller.
    type: since('v1beta2', controller('default')),
    // A repository in an OCI registry has no index to fetch.
    interval: controller((_repository, { type }) => (type === 'oci' ? undefined : '1m0s')),
    timeout: controller('1m0s'),
    certSecretRef: since('v1beta2', holder({})),
    passCredentials: NO,
    insecure: since('v1beta2', NO),
    provider: since('v1beta2', api('generic')),
    suspend: NO,
  }),
  HelmChart: ifWritten({
    version: apiText('*'),
    reconcileStrategy: api('ChartVersion'),
    ignoreMissingValuesFiles: NO,
    suspend: NO,
    verify: ifWritten({ provider: api('cosign') }),
  }),
  OCIRepository: ifWritten({
    ref: always({
      tag: text((_repository, ref) =>
        ['digest', 'semver', 'tag'].some((field) => (ref[field] ?? '') !== '') ? undefined : 'latest',
      ),
    }),
    layerSelector: ifWritten({ operation: controller('extract') }),
    provider: api('generic'),
    timeout: api('60s'),
    verify: ifWritten({ provider: api('cosign') }),
    insecure: NO,
    suspend: NO,
  }),
};
