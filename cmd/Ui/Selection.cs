using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Ui;

/// <summary>What a page shows.</summary>
/// <param name="Since">Unix nanoseconds; 0 for all.</param>
/// <param name="Until">Unix nanoseconds; 0 for now.</param>
internal sealed record Selection(Filter Filter, MapView View, bool IncludesMulticast, long Since, long Until);
