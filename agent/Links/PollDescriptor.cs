using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct pollfd</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor(int file)
{
    private const short Readable = 1; // POLLIN

    public int File = file;
    public short Events = Readable;
    public short Returned;
}
