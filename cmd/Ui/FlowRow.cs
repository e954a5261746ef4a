using Depmap.Common;
using Depmap.Plugin.Output;
using Depmap.Plugin.Pictures;
using Depmap.V1;

namespace Depmap.Plugin.Ui;

/// <summary>A flow as a page lists it.</summary>
/// <param name="Id">The same for all that is reported about a flow.</param>
/// <param name="Source">The client's node of the map, by its full name.</param>
/// <param name="Target">Likewise the server's.</param>
internal sealed record FlowRow(
    string Id, string Time, string Verdict, string Protocol, string Client, string Server, string Result, string Source, string Target)
{
    public static FlowRow Of(Flow flow) => new(
        flow.Id > 0 ? $"{flow.Id:x16}" : "",
        UnixTime.ToRfc3339(FlowText.IsClose(flow) ? flow.ClosedUnixNs : flow.TimeUnixNs),
        FlowText.Verdict(flow),
        Words.Of(flow.Protocol) ?? "",
        PictureText.Visible(EndpointText.Client(flow.Source)),
        PictureText.Visible(EndpointText.Server(flow.Destination)),
        string.Join(' ', ((string?[])[FlowText.Result(flow), PolicyText.Short(flow), .. FlowText.Notes(flow).Select(note => $"({note})")])
            .Where(text => !string.IsNullOrEmpty(text)).Select(text => PictureText.Visible(text!))),
        NodeKey.Of(flow.Source).FullName,
        NodeKey.Of(flow.Destination).FullName);
}
