using System.Buffers.Binary;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Reads a DNS response (RFC 1035 4.1) in place. The message is untrusted: every length is checked, and a compression
/// pointer may only point backwards, so that reading always ends.
/// </summary>
internal readonly ref struct DnsMessage(ReadOnlySpan<byte> message)
{
    /// <summary>RFC 1035 2.3.4, with dots instead of the labels' length bytes.</summary>
    public const int MaxNameLength = 254;

    private const int HeaderSize = 12;
    private const ushort TypeA = 1, TypeAaaa = 28, ClassInternet = 1;

    private readonly ReadOnlySpan<byte> _message = message;

    /// <summary>Reads the name of the question and the addresses in the answer, also those behind aliases (CNAME).</summary>
    /// <param name="name">Buffer for the name, <see cref="MaxNameLength"/> characters: in lower case, without the trailing dot,
    /// and safe to print: all but letters, digits, hyphens and underscores are written as \DDD (RFC 1035 5.1).</param>
    /// <param name="addresses">Buffer for addresses; further addresses are ignored.</param>
    /// <returns>The number of characters and addresses; no addresses if the message is not such a response.</returns>
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

    /// <summary>The offset after a name; -1 if the message is truncated.</summary>
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

    /// <summary>The number of characters in the name; 0 for the root, -1 for an invalid name.</summary>
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
                // RFC 1035 4.1.4: a pointer goes backwards; one that goes forwards might never end.
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
