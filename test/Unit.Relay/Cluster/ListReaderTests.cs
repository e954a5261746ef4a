using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Depmap.Relay.Cluster;

namespace Depmap.Relay.Tests.Cluster;

public class ListReaderTests
{
    private const string Pods = """
        {"kind": "PodList", "apiVersion": "v1", "odd": [{"items": [1]}, null],
         "metadata": {"resourceVersion": "42", "continue": "abc", "remainingItemCount": 7},
         "items": [ {"metadata": {"name": "a\"]}"}}, {"metadata": {"name": "ü", "labels": {"items": "x"}}} , {"metadata": {"name": "c"}} ],
         "more": {"metadata": {"resourceVersion": "wrong"}}}
        """;

    [Fact]
    public async Task Items_are_read_however_the_response_is_split()
    {
        byte[] all = Encoding.UTF8.GetBytes(Pods);
        for (int size = 1; size <= all.Length; size++)
        {
            (ListPage page, List<string> names, long bytes) = await ReadAsync(all, size);
            Assert.Equal(new ListPage("42", "abc"), page);
            Assert.Equal(["a\"]}", "ü", "c"], names);
            Assert.Equal(all.Length, bytes);
        }
    }

    [Theory]
    [InlineData("""{"metadata":{"resourceVersion":"1","continue":""},"items":null}""", 0)]
    [InlineData("""{"metadata":{"resourceVersion":"1"},"items":[]}""", 0)]
    [InlineData("""{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"1"}}""", 1)]
    public async Task The_last_page_has_no_continue_token(string list, int items)
    {
        (ListPage page, List<string> names, _) = await ReadAsync(Encoding.UTF8.GetBytes(list), 1000);
        Assert.Equal((new ListPage("1", null), items), (page, names.Count));
    }

    [Fact]
    public async Task A_list_that_ends_anywhere_too_early_is_rejected()
    {
        byte[] all = Encoding.UTF8.GetBytes(Pods.TrimEnd());
        for (int length = 0; length < all.Length; length++)
            await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(all[..length], 64));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("no")]
    [InlineData("\"text\"")]
    public async Task A_response_that_is_not_a_list_is_rejected(string response) =>
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(Encoding.UTF8.GetBytes(response), 64));

    private static async Task<(ListPage Page, List<string> Names, long Bytes)> ReadAsync(byte[] response, int size)
    {
        var names = new List<string>();
        var usage = new ApiUsage();
        var pipe = new Pipe();
        Task writing = Task.Run(async () =>
        {
            foreach (byte[] part in response.Chunk(size))
                await pipe.Writer.WriteAsync(part);
            await pipe.Writer.CompleteAsync();
        });
        ListPage page = await new ListReader(
            item => names.Add(item.GetObject("metadata").GetString("name"))).ReadAsync(pipe.Reader, usage, default);
        await writing;
        return (page, names, usage.Bytes);
    }
}
