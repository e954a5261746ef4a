using System.Threading.Channels;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Agent.Tests.Links;

/// <summary>When interfaces are attached and checked, with the test's own clock and without a kernel.</summary>
public class AttachedInterfacesTests
{
    private readonly Channel<InterfaceChange> _changes = Channel.CreateUnbounded<InterfaceChange>();
    private readonly Dictionary<int, Attachment> _made = [];
    private readonly AttachedInterfaces _interfaces;
    private int _refusal;

    public AttachedInterfacesTests() => _interfaces = new AttachedInterfaces(
        (int index, out AttachFailure failure) =>
        {
            failure = new AttachFailure(_refusal);
            return _refusal == 0 ? _made[index] = new Attachment() : null;
        },
        settle: Seconds(3), _changes.Writer, new AttachmentLog(NullLogger.Instance), CancellationToken.None);

    [Theory]
    [InlineData("list 100", "7", 103.0, "")]
    [InlineData("list 100, due 102.9", "7", 103.0, "")]
    [InlineData("list 100, due 103", "7", null, "+7")]
    [InlineData("list 100, list 101, list 102, list 103", "7", null, "+7")] // further lists do not restart the settle time
    [InlineData("skip, list 100", "7", null, "+7")]
    [InlineData("list 100, gone, list 102, due 103", "7", 105.0, "")]
    [InlineData("list 100, due 103, gone, list 104", "7", 107.0, "+7 -7")]
    [InlineData("list 100, lost 102", "7", 105.0, "")] // may be another interface now
    [InlineData("list 100, due 103, lost 104, due 105", "7", null, "+7")]
    [InlineData("skip, list 100, list 101", "7 8", null, "+7 +8")]
    [InlineData("list 100, empty 101, list 102", "7", 105.0, "")] // was not a pod interface in between
    [InlineData("list 100, due 103, empty 104, list 105", "7", 108.0, "+7 -7")]
    public void An_interface_is_attached_three_seconds_after_the_first_list_that_has_it(
        string steps, string listed, double? next, string expected)
    {
        Follow(steps, [.. listed.Split(' ').Select(int.Parse)]);

        Assert.Equal(next, _interfaces.NextDue?.TotalSeconds);
        Assert.Equal(expected, Changes());
    }

    /// <summary>An interface of the first list may be much older, and after lost events it may be another one.</summary>
    [Theory]
    [InlineData("list 100, list 105", "7", "0")]
    [InlineData("empty 90, list 100, list 105", "7", "100")]
    [InlineData("empty 90, list 100, list 102, due 103", "7", "100")] // when it appeared, not when it was attached
    [InlineData("empty 90, lost 100, list 105", "7", "0")]
    [InlineData("list 90, due 93, gone, list 100, list 105", "7", "0 100")]
    [InlineData("list 90, due 93, empty 94, list 100, list 105", "7", "0 100")]
    public void The_time_at_which_an_interface_appeared_is_known_if_it_appeared_later(string steps, string listed, string expected)
    {
        Follow(steps, [.. listed.Split(' ').Select(int.Parse)]);

        List<InterfaceChange> changes = [];
        while (_changes.Reader.TryRead(out InterfaceChange change))
            changes.Add(change);
        IEnumerable<long> seconds = changes.Where(change => change.Attached).Select(change => change.Appeared / 1_000_000_000);
        Assert.Equal(expected, string.Join(' ', seconds));
    }

    [Fact]
    public void Changes_by_other_programs_are_checked_at_most_once_a_second()
    {
        AttachAtOnce(7);
        for (int i = 0; i < 100; i++)
        {
            _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: false), Seconds(10 + (i / 100.0)));
            _interfaces.RunDue(Seconds(10 + (i / 100.0)));
        }

        Assert.Equal((0, 11.0), (_made[7].Checks, _interfaces.NextDue!.Value.TotalSeconds));
        _interfaces.RunDue(Seconds(11));
        Assert.Equal((1, null), (_made[7].Checks, _interfaces.NextDue));
        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: false), Seconds(11.5));
        Assert.Equal(12.5, _interfaces.NextDue!.Value.TotalSeconds);
    }

    [Fact]
    public void Changes_at_interfaces_that_are_not_attached_are_ignored()
    {
        List(Seconds(10), false, 8);

        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: true), Seconds(11)); // another program's interface
        _interfaces.OnTrafficControlChange(new TrafficControlEvent(8, IsQdisc: true), Seconds(11)); // settling

        Assert.Equal(13.0, _interfaces.NextDue!.Value.TotalSeconds);
    }

    [Fact]
    public void An_attachment_is_notified_of_a_changed_qdisc_at_once()
    {
        AttachAtOnce(7);

        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: false), Seconds(10));
        Assert.False(_made[7].Changed);
        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: true), Seconds(10));
        Assert.True(_made[7].Changed);
    }

    [Fact]
    public void A_pending_check_is_removed_with_its_interface()
    {
        AttachAtOnce(7);
        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: true), Seconds(10));

        _interfaces.Forget(7);

        Assert.Null(_interfaces.NextDue);
    }

    [Fact]
    public void After_lost_events_all_attachments_are_checked()
    {
        AttachAtOnce(7, 8);
        _made[8].Present = false;

        List(Seconds(10), true, 7, 8);
        _interfaces.RunDue(Seconds(10));

        Assert.Equal((1, 13.0), (_made[7].Checks, _interfaces.NextDue!.Value.TotalSeconds));
        Assert.Equal("+7 +8 -8", Changes());
    }

    [Fact]
    public void After_lost_events_a_failing_interface_settles_again()
    {
        _refusal = LibC.Invalid;
        AttachAtOnce(7);
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), _interfaces.State);

        List(Seconds(10), true, 7);

        Assert.Equal(new AttachmentState(0, 0, 0, 0, Waiting: 1, 0, 0), _interfaces.State);
    }

    [Fact]
    public void An_attachment_that_cannot_be_restored_is_retried_after_the_next_change()
    {
        AttachAtOnce(7);
        _made[7].Outcome = Restoration.Failed;
        _refusal = LibC.Invalid;

        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: true), Seconds(10));
        _interfaces.RunDue(Seconds(11));
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), _interfaces.State);
        Assert.True(_interfaces.HasFailures);
        _interfaces.OnTrafficControlChange(new TrafficControlEvent(7, IsQdisc: true), Seconds(11.5));
        _refusal = 0;
        _interfaces.RunDue(Seconds(12.5));

        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), _interfaces.State);
        Assert.Equal("+7 -7 +7", Changes());
    }

    [Fact]
    public void The_state_counts_limited_and_restored_attachments()
    {
        AttachAtOnce(5, 6, 7, 8);
        List(Seconds(1), false, 5, 6, 7, 8, 9);
        _made[5].IsPreceded = true;
        _made[6].IsOneDirection = true;
        _made[7].IsOneDirection = _made[7].IsPreceded = true;
        _made[8].Outcome = Restoration.FilterCameFirst;

        foreach (int second in (int[])[10, 12])
        {
            foreach (int index in (int[])[7, 8])
                _interfaces.OnTrafficControlChange(new TrafficControlEvent(index, IsQdisc: false), Seconds(second));
            _interfaces.RunDue(Seconds(second + 1));
        }

        Assert.Equal(new AttachmentState(Attached: 4, OneDirection: 1, Preceded: 1, Unobserved: 1, 0, 0, Restored: 2), _interfaces.State);
    }

    private void Follow(string steps, int[] indexes)
    {
        foreach (string[] step in steps.Split(", ").Select(step => step.Split(' ')))
        {
            TimeSpan now = step is [_, var second] ? Seconds(double.Parse(second)) : default;
            switch (step[0])
            {
                case "skip": _interfaces.SkipSettling(indexes); break;
                case "gone": _interfaces.Forget(indexes[0]); break;
                case "due": _interfaces.RunDue(now); break;
                case "empty": List(now); break;
                default: List(now, step[0] == "lost", indexes); break;
            }
        }
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private void AttachAtOnce(params int[] indexes)
    {
        _interfaces.SkipSettling(indexes);
        List(TimeSpan.Zero, false, indexes);
    }

    private void List(TimeSpan now, bool lost = false, params int[] indexes) =>
        _interfaces.Update([.. indexes.Select(index => new Link(index, $"veth{index}", "veth", true))], lost, now);

    private string Changes()
    {
        List<string> words = [];
        while (_changes.Reader.TryRead(out InterfaceChange change))
            words.Add($"{(change.Attached ? '+' : '-')}{change.Index}");
        return string.Join(' ', words);
    }

    private sealed class Attachment : InterfaceAttachment
    {
        public bool IsOneDirection { get; set; }

        public bool IsPreceded { get; set; }

        public bool Present { get; set; } = true;

        public Restoration Outcome { get; set; }

        public int Checks { get; private set; }

        public bool Changed { get; private set; }

        public override bool OneDirection => IsOneDirection;

        public override bool Preceded => IsPreceded;

        public override bool IsAttached() => Present;

        public override void QdiscChanged() => Changed = true;

        public override Restoration Check(out AttachFailure failure)
        {
            Checks++;
            failure = new AttachFailure(Outcome == Restoration.Failed ? LibC.Invalid : 0);
            return Outcome;
        }

        public override void Detach()
        {
        }

        public override void Forget()
        {
        }
    }
}
