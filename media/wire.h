/** Numbers in network byte order at any address, as all that crosses a wire or lies in a journal has them. Pure. */
#ifndef MEDIA_WIRE_H
#define MEDIA_WIRE_H

#include <stdint.h>

static inline uint16_t wire_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t wire_get24(const uint8_t *at)
{
    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t wire_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t wire_get64(const uint8_t *at)
{
    return (uint64_t)wire_get32(at) << 32 | wire_get32(at + 4);
}

static inline void wire_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void wire_put24(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 16);
    wire_put16(at + 1, (uint16_t)value);
}

static inline void wire_put32(uint8_t *at, uint32_t value)
{
    wire_put16(at, (uint16_t)(value >> 16));
    wire_put16(at + 2, (uint16_t)value);
}

static inline void wire_put64(uint8_t *at, uint64_t value)
{
    wire_put32(at, (uint32_t)(value >> 32));
    wire_put32(at + 4, (uint32_t)value);
}

#endif
