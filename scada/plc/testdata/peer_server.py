"""A Modbus TCP server that is not ours, for the peer tests: a station PLC as
unit 7 on a free port of 127.0.0.1, which it prints. It ends with its input."""
import asyncio
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusTcpServer


def station():
    words = [0] * 64
    words[0] = 4711                       # identity
    words[1] = 1                          # heartbeat of the PLC
    words[3] = 1                          # remote
    words[10] = 6543                      # supply pressure, 0.0001 MPa
    high, low = struct.unpack(">HH", struct.pack(">f", 123.5))
    words[12:14] = [low, high]            # flow in t/h, float, words swapped
    words[14] = struct.unpack(">H", struct.pack(">h", -105))[0]  # outdoor, 0.1 degC
    words[20] = 400                       # opening setpoint, 0.1 %
    words[21] = 400                       # feedback
    return words


async def main():
    block = ModbusSequentialDataBlock(0, station())
    slave = ModbusSlaveContext(hr=block, ir=block, zero_mode=True)
    context = ModbusServerContext(slaves={7: slave}, single=False)
    server = ModbusTcpServer(context, address=("127.0.0.1", 0))
    task = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    task.cancel()


asyncio.run(main())
