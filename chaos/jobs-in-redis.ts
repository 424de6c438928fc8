import { Redis } from 'ioredis'

/** How many jobs lie in Redis, with workers or not begun, of every installation there. */
export async function jobsInRedis(url: string): Promise<number> {
  const redis = new Redis(url)
  try {
    const lists = await redis.keys('*:jobs-*')
    const lengths = await Promise.all(lists.filter(isList).map((list) => redis.llen(list)))
    return lengths.reduce((sum, length) => sum + length, 0)
  } finally {
    redis.disconnect()
  }
}

function isList(key: string): boolean {
  return key.endsWith(':wait') || key.endsWith(':active')
}
