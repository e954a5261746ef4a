using Depmap.Plugin.Ui;

namespace Depmap.Plugin.Tests.Ui;

public sealed class AccessTests
{
    private const string Origin = "http://127.0.0.1:8600";

    private readonly Access _access = new(Origin);

    [Theory]
    [InlineData("127.0.0.1:8600", null, true)]
    [InlineData("127.0.0.1:8600", Origin, true)]
    [InlineData("127.0.0.1:8601", null, false)]
    [InlineData("localhost:8600", null, false)]
    [InlineData("evil.example:8600", null, false)] // a name that leads to the loopback
    [InlineData(null, null, false)]
    [InlineData("127.0.0.1:8600", "https://evil.example", false)]
    [InlineData("127.0.0.1:8600", "null", false)] // a sandboxed frame, or a file
    [InlineData("127.0.0.1:8600", "http://127.0.0.1:8601", false)]
    public void Requests_by_another_name_or_from_another_page_are_refused(string? host, string? origin, bool isLocal) =>
        Assert.Equal(isLocal, _access.IsLocal(host, origin));

    [Fact]
    public void A_link_works_once_and_the_next_one_is_different()
    {
        string first = Token();
        Assert.Null(_access.Redeem(""));
        Assert.Null(_access.Redeem(first[..^1]));
        string? session = _access.Redeem(first);
        Assert.NotNull(session);
        Assert.Null(_access.Redeem(first));
        Assert.NotEqual(first, Token());

        Assert.True(_access.IsAuthorized($"Bearer {session}"));
        Assert.False(_access.IsAuthorized(session));
        Assert.False(_access.IsAuthorized($"Bearer {first}"));
        Assert.False(_access.IsAuthorized("Bearer "));
        Assert.False(_access.IsAuthorized(null));
    }

    [Fact]
    public void Of_many_sessions_the_oldest_ends()
    {
        string[] sessions = [.. Enumerable.Range(0, 17).Select(_ => _access.Redeem(Token())!)];
        Assert.False(_access.IsAuthorized($"Bearer {sessions[0]}"));
        Assert.All(sessions[1..], session => Assert.True(_access.IsAuthorized($"Bearer {session}")));
    }

    private string Token()
    {
        Assert.StartsWith($"{Origin}/#", _access.Link);
        return _access.Link[(Origin.Length + 2)..];
    }
}
