/** The Node packages name their platform in a string; pnpm reads lists only, and would install the Windows one everywhere. */
const list = (value) => (typeof value === 'string' ? [value] : value)

export const hooks = {
  readPackage: (manifest) =>
    /^node-(bin-)?(darwin|linux|win)-/.test(manifest.name ?? '')
      ? { ...manifest, os: list(manifest.os), cpu: list(manifest.cpu) }
      : manifest,
}
