using CsCheck;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Tests;

public sealed class TextTableTests
{
    private static readonly TableColumn[] Columns =
        [new("CLIENT", IsShortened: true), new("SERVER", IsShortened: true), new("PORT"), new("SENT", LeftOut: 1), new("AGE", LeftOut: 2)];

    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.String[Gen.Char["abc-/."], 1, 60], Gen.String[Gen.OneOf(Gen.Char["日本語"], Gen.Char["xyz"]), 1, 40]);

    [Fact]
    public void No_row_is_longer_than_the_window() => Rows().Sample(sample =>
    {
        (TableCell[][] rows, int width) = sample;
        string[] lines = TextTable.Write(Columns, rows, new TableStyle(width)).TrimEnd('\n').Split('\n');
        Assert.Equal(rows.Length + 1, lines.Length);
        Assert.All(lines, line => Assert.InRange(DisplayWidth.Of(line), 1, width));
    });

    [Fact]
    public void Rows_with_different_names_stay_different() => Rows().Sample(sample =>
    {
        (TableCell[][] rows, int width) = sample;
        if (width < 60)
            return;
        string text = TextTable.Write(Columns, rows, new TableStyle(width, NoHeadings: true));
        Assert.Equal(
            rows.DistinctBy(row => (row[0].Text, row[1].Text, row[2].Text)).Count(),
            text.TrimEnd('\n').Split('\n').Select(Names).Distinct().Count());
    });

    [Fact]
    public void In_a_pipe_nothing_is_left_out() => Rows().Sample(sample =>
    {
        string text = TextTable.Write(Columns, sample.Rows, new TableStyle());
        Assert.All(sample.Rows.SelectMany(row => row), cell => Assert.Contains(cell.Text, text));
    });

    [Fact]
    public void Columns_are_left_out_before_names_become_unreadable_and_the_last_ones_first()
    {
        TableCell[][] rows = [["a-client-with-a-long-name", "a-server-with-a-long-name", "8080", "1.0MiB", "300s"]];
        string At(int width) => TextTable.Write(Columns, rows, new TableStyle(width, NoHeadings: true)).TrimEnd();
        Assert.Equal("a-client-with-a-long-name   a-server-with-a-long-name   8080   1.0MiB   300s", At(76));
        Assert.Equal("a-client-w…long-name   a-server-w…-long-name   8080   1.0MiB   300s", At(67));
        Assert.Equal("a-client-…long-name   a-server-…long-name   8080   1.0MiB", At(57));
        Assert.Equal("a-client-w…long-name   a-server-w…long-name   8080", At(50));
        Assert.Equal("a-cl…name   a-ser…name   8080", At(29));
    }

    [Theory]
    [InlineData("web", 3)]
    [InlineData("日本", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🦊", 2)]
    [InlineData("ﾊﾝ", 2)]
    [InlineData("Ｗ", 2)]
    [InlineData("…", 1)]
    public void Wide_characters_count_two_columns(string text, int width) => Assert.Equal(width, DisplayWidth.Of(text));

    [Theory]
    [InlineData("plain-é-日", "plain-é-日")]
    [InlineData("\e[31m", "\\u001b[31m")]
    [InlineData("a\u202eb", "a\\u202eb")]
    [InlineData("\u200b", "\\u200b")]
    [InlineData("a\nb", "a\\u000ab")]
    [InlineData("\U000E0041", "\\udb40\\udc41")]
    public void Harmful_characters_are_escaped(string text, string escaped) => Assert.Equal(escaped, PlainText.Of(text));

    private static Gen<(TableCell[][] Rows, int Width)> Rows() => Gen.Select(
        Gen.Select(Name, Name, Gen.Int[1, 65535], Gen.Int[0, 1_000_000], Gen.Int[0, 300],
            (client, server, port, sent, age) => (TableCell[])[client, server, $"{port}", $"{sent}B", $"{age}s"]).Array[1, 12],
        Gen.Int[12, 200]);

    private static string Names(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3));
}
