using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

/// <summary>The compiled object embedded in the agent: its ELF sections, symbols and types (BTF).</summary>
internal sealed class ObjectFile
{
    private const int SectionProgramBits = 1, FlagExecutable = 4;
    private const int KindInteger = 1, KindPointer = 2, KindArray = 3, KindStruct = 4, KindEnum = 6, KindTypedef = 8,
        KindVolatile = 9, KindConst = 10, KindRestrict = 11, KindVariable = 14, KindDataSection = 15,
        KindPrototype = 13, KindUnion = 5, KindDeclarationTag = 17;

    private readonly byte[] _bytes;
    private readonly Dictionary<string, SectionHeader> _sections = [];
    private readonly List<string> _sectionNames = [];
    private readonly List<TypeEntry> _types = [];

    private ObjectFile(byte[] bytes)
    {
        _bytes = bytes;
        ReadSections();
        ReadTypes();
    }

    public readonly record struct Field(int Offset, string Name);

    public readonly record struct Symbol(string Section, int Offset, int Size, string Name);

    private readonly record struct SectionHeader(int Type, ulong Flags, int Offset, int Size, int Link);

    private readonly record struct TypeEntry(string Name, int Kind, int Count, int SizeOrType, int At);

    public static ObjectFile Embedded(string name = "depmap.bpf.o")
    {
        using Stream stream = typeof(BpfPrograms).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new ObjectFile(bytes);
    }

    public ReadOnlySpan<byte> Section(string name) => _bytes.AsSpan(_sections[name].Offset, _sections[name].Size);

    /// <summary>The instructions, 8 bytes each (Documentation/bpf/standardization/instruction-set.rst).</summary>
    public IEnumerable<ulong> Instructions() => _sections.Values
        .Where(section => section.Type == SectionProgramBits && (section.Flags & FlagExecutable) != 0)
        .SelectMany(section => MemoryMarshal.Cast<byte, ulong>(_bytes.AsSpan(section.Offset, section.Size)).ToArray());

    public IEnumerable<Symbol> Symbols()
    {
        SectionHeader table = _sections[".symtab"];
        for (int at = table.Offset; at < table.Offset + table.Size; at += 24)
        {
            int section = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at + 6));
            if (section > 0 && section < _sectionNames.Count)
            {
                string name = Text(_sections[_sectionNames[table.Link]].Offset + Int(at));
                yield return new Symbol(_sectionNames[section], Int(at + 8), Int(at + 16), name);
            }
        }
    }

    /// <summary>Size and members of a struct; arrays element by element, nested structs as one member.</summary>
    public (int Size, IReadOnlyList<Field> Fields) Struct(string name)
    {
        TypeEntry type = _types.Single(t => t.Kind == KindStruct && t.Name == name);
        List<Field> fields = [];
        for (int i = 0; i < type.Count; i++)
        {
            int member = type.At + (12 * i);
            string field = TypeText(Int(member));
            int offset = Int(member + 8) / 8;
            TypeEntry of = Resolve(Int(member + 4));
            if (of.Kind != KindArray)
            {
                fields.Add(new Field(offset, field));
                continue;
            }

            int size = SizeOf(Resolve(Int(of.At)));
            for (int element = 0; element < Int(of.At + 8); element++)
                fields.Add(new Field(offset + (element * size), $"{field}[{element}]"));
        }

        return (type.SizeOrType, fields);
    }

    public IReadOnlyDictionary<string, int> Enum(string name)
    {
        TypeEntry type = _types.Single(t => t.Kind == KindEnum && t.Name == name);
        return Enumerable.Range(0, type.Count).ToDictionary(i => TypeText(Int(type.At + (8 * i))), i => Int(type.At + (8 * i) + 4));
    }

    private void ReadSections()
    {
        int table = Int(40), count = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(60));
        int names = Int(table + (64 * BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(62))) + 24);
        for (int i = 0; i < count; i++)
        {
            int at = table + (64 * i);
            string name = Text(names + Int(at));
            _sectionNames.Add(name);
            ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at + 8));
            _sections[name] = new SectionHeader(Int(at + 4), flags, Int(at + 24), Int(at + 32), Int(at + 40));
        }
    }

    /// <summary>Documentation/bpf/btf.rst: each type has 12 bytes plus those of its kind.</summary>
    private void ReadTypes()
    {
        int header = _sections[".BTF"].Offset;
        int at = header + Int(header + 4) + Int(header + 8);
        int end = at + Int(header + 12);
        _types.Add(default); // void
        while (at < end)
        {
            int info = Int(at + 4), kind = info >> 24 & 0x1f, count = info & 0xffff;
            _types.Add(new TypeEntry(TypeText(Int(at)), kind, count, Int(at + 8), at + 12));
            at += 12 + kind switch
            {
                KindInteger or KindVariable or KindDeclarationTag => 4,
                KindArray => 12,
                KindStruct or KindUnion or KindDataSection => 12 * count,
                KindEnum or KindPrototype => 8 * count,
                _ => 0,
            };
        }
    }

    private TypeEntry Resolve(int id) => _types[id] switch
    {
        { Kind: KindTypedef or KindVolatile or KindConst or KindRestrict } type => Resolve(type.SizeOrType),
        { } type => type,
    };

    private static int SizeOf(TypeEntry type) => type.Kind == KindPointer ? 8 : type.SizeOrType;

    private string TypeText(int offset)
    {
        int header = _sections[".BTF"].Offset;
        return Text(header + Int(header + 4) + Int(header + 16) + offset);
    }

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));

    private string Text(int at) => Encoding.UTF8.GetString(_bytes, at, Array.IndexOf(_bytes, (byte)0, at) - at);
}
