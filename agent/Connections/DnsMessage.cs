using System.Buffers.Binary;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Reads a DNS answer (RFC 1035 4.1) in place. It comes from the network: every length is checked, and a pointer may only
/// go back, so that a message ends.
/// </summary>
internal readonly ref struct DnsMessage(ReadOnlySpan<byte> message)
{
    /// <summary>RFC 1035 2.3.4, the dots between labels in place of the labels' lengths.</summary>
    public const int LongestName = 254;

    private const int HeaderSize = 12;
    private const ushort TypeA = 1, TypeAaaa = 28, ClassInternet = 1;

    private readonly ReadOnlySpan<byte> _message = message;

    /// <summary>Reads what was asked and the addresses that it was answered with, through aliases (CNAME) as well.</summary>
    /// <param name="name">Room for the name, <see cref="LongestName"/> characters: letters small, others than letters, digits,
    /// hyphen and underscore as \DDD (RFC 1035 5.1), so that it is safe to print; without the last dot.</param>
    /// <param name="addresses">Room for addresses; what has none is passed over.</param>
    /// <returns>Characters of the name and addresses; no addresses where the message is no such answer.</returns>
    public (int Name, int Addresses) Read(Span<char> name, Span<Address> addresses)
    {
        if (_message.Length < HeaderSize || BinaryPrimitives.ReadUInt16BigEndian(_message[4..]) != 1)
            return default;
        int length = ReadName(HeaderSize, name);
        int at = Skip(HeaderSize);
        if (length <= 0 || at < 0)
            return default;
        at += 4; // type and class of the question
        int found = 0;
        for (int left = BinaryPrimitives.ReadUInt16BigEndian(_message[6..]); left > 0 && found < addresses.Length; left--)
        {
            at = Skip(at);
            if (at < 0 || at + 10 > _message.Length)
                break;
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(_message[at..]);
            ushort kind = BinaryPrimitives.ReadUInt16BigEndian(_message[(at + 2)..]);
            int size = BinaryPrimitives.ReadUInt16BigEndian(_message[(at + 8)..]);
            at += 10;
            if (at + size > _message.Length)
                break;
            if (kind == ClassInternet && ((type == TypeA && size == 4) || (type == TypeAaaa && size == 16)))
                addresses[found++] = Address.Read(_message.Slice(at, size));
            at += size;
        }

        return found > 0 ? (length, found) : default;
    }

    /// <summary>Where what follows a name begins; -1 where the message is cut.</summary>
    private int Skip(int at)
    {
        while ((uint)at < (uint)_message.Length)
        {
            byte label = _message[at];
            if (label == 0)
                return at + 1;
            if (label >= 0xc0)
                return at + 2;
            at += label + 1;
        }

        return -1;
    }

    /// <summary>How many characters the name has; 0 for the root, -1 for one that cannot be.</summary>
    private int ReadName(int at, Span<char> name)
    {
        int length = 0;
        int limit = _message.Length;
        while ((uint)at < (uint)_message.Length)
        {
            byte label = _message[at];
            if (label == 0)
                return length;
            if (label >= 0xc0)
            {
                // RFC 1035 4.1.4: to a prior place; one that goes on would never end.
                if (at + 1 >= _message.Length)
                    return -1;
                int target = BinaryPrimitives.ReadUInt16BigEndian(_message[at..]) & 0x3fff;
                if (target >= Math.Min(at, limit))
                    return -1;
                limit = at = target;
                continue;
            }

            if (label > 63 || at + 1 + label > _message.Length)
                return -1;
            if (length > 0)
            {
                if (length == name.Length)
                    return -1;
                name[length++] = '.';
            }

            foreach (byte c in _message.Slice(at + 1, label))
            {
                bool isPlain = char.IsAsciiLetterOrDigit((char)c) || c is (byte)'-' or (byte)'_';
                if (length + (isPlain ? 1 : 4) > name.Length)
                    return -1;
                if (isPlain)
                    name[length++] = char.ToLowerInvariant((char)c);
                else
                    length += Escape(c, name[length..]);
            }

            at += label + 1;
        }

        return -1;
    }

    private static int Escape(byte c, Span<char> room)
    {
        room[0] = '\\';
        room[1] = (char)('0' + (c / 100));
        room[2] = (char)('0' + (c / 10 % 10));
        room[3] = (char)('0' + (c % 10));
        return 4;
    }
}
