import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * A self-signed certificate for DNS names (X.509 v3, RFC 5280; P-256), valid for a day, as PEM. Node can read
 * certificates but not make them, and a key that is made at each run need not lie in the repository.
 */
export function selfSigned(names: readonly string[]): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = certificateBody(names, publicKey.export({ type: 'spki', format: 'der' }))
  const signature = bitString(sign('sha256', body, privateKey))
  return {
    cert: pem(sequence(body, ecdsaWithSha256, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function certificateBody(names: readonly string[], publicKey: Buffer): Buffer {
  const commonName = sequence(
    der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from('gemherald test')))),
  )
  const alternatives = sequence(...names.map((name) => der(0x82, Buffer.from(name))))
  const extension = sequence(hex('0603551d11'), der(0x04, alternatives))
  return sequence(
    hex('a003020102'),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName,
    sequence(utcTime(-1), utcTime(1)),
    commonName,
    publicKey,
    der(0xa3, sequence(extension)),
  )
}

function utcTime(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString()
  return der(0x17, Buffer.from(`${text.slice(2, 19).replace(/[-:T]/g, '')}Z`))
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const bitString = (bytes: Buffer) => der(0x03, Buffer.from([0]), bytes)
const hex = (text: string) => Buffer.from(text, 'hex')
const ecdsaWithSha256 = sequence(hex('06082a8648ce3d040302'))

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
