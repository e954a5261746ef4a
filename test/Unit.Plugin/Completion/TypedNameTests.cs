using Depmap.Plugin.Completion;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Completion;

public sealed class TypedNameTests
{
    [Theory]
    [InlineData("--namespace", "sh", "|sh|Namespace||")]
    [InlineData("--from-namespace", "sh", "|sh|Namespace||")]
    [InlineData("--to-node", "n", "|n|Node||")]
    [InlineData("--to-service", "shop/c", "shop/|c|Service|shop|")]
    [InlineData("--from-pod", "web", "|web|Pod||")]
    [InlineData("--workload", "we", "|we|Workload||")]
    [InlineData("--workload", "deploy/we", "deploy/|we|Workload||Deployment")]
    [InlineData("--to-workload", "shop/we", "shop/|we|Workload|shop|")]
    [InlineData("--to", "", "||Workload Service||")]
    [InlineData("object", "svc/", "svc/||Service||")]
    [InlineData("object", "shop/", "shop/||Workload Service|shop|")]
    [InlineData("source", "shop/sts/r", "shop/sts/|r|Workload|shop|StatefulSet")]
    [InlineData("destination", "po/web", "po/|web|Pod||")]
    [InlineData("destination", "ns/", "ns/||Namespace||")]
    [InlineData("destination", "no/n", "no/|n|Node||")]
    [InlineData("object", "a/b/c/d", null)]
    [InlineData("object", "shop/frob/x", null)]
    [InlineData("object", "/", null)]
    [InlineData("shell", "b", null)]
    [InlineData("command", "ob", null)]
    [InlineData("--output", "j", null)]
    [InlineData("", "", null)]
    public void A_flag_or_an_argument_says_what_it_names(string word, string typed, string? parts)
    {
        TypedName? name = TypedName.Read(word, typed);
        Assert.Equal(
            parts,
            name is null ? null : $"{name.Before}|{name.Start}|{string.Join(' ', name.Kinds)}|{name.Namespace}|{name.WorkloadKind}");
    }

    [Theory]
    [InlineData("--service", "ca", "cart")]
    [InlineData("--service", "sh", "shop/cart")]
    [InlineData("object", "deploy/ca", "deploy/cart")]
    [InlineData("object", "shop/svc/ca", "shop/svc/cart")]
    public void The_whole_word_is_completed(string word, string typed, string completed) => Assert.Equal(
        completed, TypedName.Read(word, typed)!.Complete(new ObjectName { Kind = NameKind.Service, Namespace = "shop", Name = "cart" }));
}
