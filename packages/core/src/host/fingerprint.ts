/** What numbers may depend on: Node's major version and the processor. Equal bits are promised where it is equal. */
export const fingerprint = `node${process.versions.node.split('.', 1)[0]}-${process.arch}`
