using System.Threading.Channels;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Agent.Tests.Links;

/// <summary>When interfaces are attached and checked, by a clock of the test's own and without a kernel.</summary>
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
    [InlineData("list 100, list 101, list 102, list 103", "7", null, "+7")] // lists do not make it younger
    [InlineData("old, list 100", "7", null, "+7")]
    [InlineData("list 100, gone, list 102, due 103", "7", 105.0, "")]
    [InlineData("list 100, due 103, gone, list 104", "7", 107.0, "+7 -7")]
    [InlineData("list 100, lost 102", "7", 105.0, "")] // may be another one by now
    [InlineData("list 100, due 103, lost 104, due 105", "7", null, "+7")]
    [InlineData("old, list 100, list 101", "7 8", null, "+7 +8")]
    [InlineData("list 100, empty 101, list 102", "7", 105.0, "")] // was no pod's meanwhile
    [InlineData("list 100, due 103, empty 104, list 105", "7", 108.0, "+7 -7")]
    public void An_interface_is_attached_three_seconds_after_it_was_first_listed(
        string steps, string listed, double? next, string expected)
    {
        int[] indexes = [.. listed.Split(' ').Select(int.Parse)];
        foreach (string[] step in steps.Split(", ").Select(step => step.Split(' ')))
        {
            TimeSpan now = step is [_, var second] ? Seconds(double.Parse(second)) : default;
            switch (step[0])
            {
                case "old": _interfaces.RegardAsOld(indexes); break;
                case "gone": _interfaces.Forget(indexes[0]); break;
                case "due": _interfaces.DoWhatIsDue(now); break;
                case "empty": List(now); break;
                default: List(now, step[0] == "lost", indexes); break;
            }
        }

        Assert.Equal(next, _interfaces.NextDue?.TotalSeconds);
        Assert.Equal(expected, Changes());
    }

    [Fact]
    public void Changes_of_others_are_checked_once_a_second_however_many_there_are()
    {
        AttachAtOnce(7);
        for (int i = 0; i < 100; i++)
        {
            _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: false), Seconds(10 + (i / 100.0)));
            _interfaces.DoWhatIsDue(Seconds(10 + (i / 100.0)));
        }

        Assert.Equal((0, 11.0), (_made[7].Checks, _interfaces.NextDue!.Value.TotalSeconds));
        _interfaces.DoWhatIsDue(Seconds(11));
        Assert.Equal((1, null), (_made[7].Checks, _interfaces.NextDue));
        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: false), Seconds(11.5));
        Assert.Equal(12.5, _interfaces.NextDue!.Value.TotalSeconds);
    }

    [Fact]
    public void Changes_at_interfaces_that_are_not_attached_are_nothing_to_us()
    {
        List(Seconds(10), false, 8);

        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: true), Seconds(11)); // somebody's
        _interfaces.NoteChange(new TrafficEvent(8, OfQdisc: true), Seconds(11)); // young

        Assert.Equal(13.0, _interfaces.NextDue!.Value.TotalSeconds);
    }

    [Fact]
    public void An_attachment_hears_of_a_changed_qdisc_at_once()
    {
        AttachAtOnce(7);

        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: false), Seconds(10));
        Assert.False(_made[7].Changed);
        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: true), Seconds(10));
        Assert.True(_made[7].Changed);
    }

    [Fact]
    public void A_check_that_waits_goes_with_its_interface()
    {
        AttachAtOnce(7);
        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: true), Seconds(10));

        _interfaces.Forget(7);

        Assert.Null(_interfaces.NextDue);
    }

    [Fact]
    public void After_lost_events_all_attachments_are_checked()
    {
        AttachAtOnce(7, 8);
        _made[8].Present = false;

        List(Seconds(10), true, 7, 8);
        _interfaces.DoWhatIsDue(Seconds(10));

        Assert.Equal((1, 13.0), (_made[7].Checks, _interfaces.NextDue!.Value.TotalSeconds));
        Assert.Equal("+7 +8 -8", Changes());
    }

    [Fact]
    public void After_lost_events_an_interface_that_failed_may_be_a_young_one()
    {
        _refusal = LibC.Invalid;
        AttachAtOnce(7);
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), _interfaces.State);

        List(Seconds(10), true, 7);

        Assert.Equal(new AttachmentState(0, 0, 0, 0, Waiting: 1, 0, 0), _interfaces.State);
    }

    [Fact]
    public void What_cannot_be_restored_is_left_and_tried_again_after_the_next_change()
    {
        AttachAtOnce(7);
        _made[7].Outcome = Restoration.Failed;
        _refusal = LibC.Invalid;

        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: true), Seconds(10));
        _interfaces.DoWhatIsDue(Seconds(11));
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), _interfaces.State);
        Assert.True(_interfaces.HasFailures);
        _interfaces.NoteChange(new TrafficEvent(7, OfQdisc: true), Seconds(11.5));
        _refusal = 0;
        _interfaces.DoWhatIsDue(Seconds(12.5));

        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), _interfaces.State);
        Assert.Equal("+7 -7 +7", Changes());
    }

    [Fact]
    public void The_state_counts_what_limits_attachments_and_what_was_restored()
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
                _interfaces.NoteChange(new TrafficEvent(index, OfQdisc: false), Seconds(second));
            _interfaces.DoWhatIsDue(Seconds(second + 1));
        }

        Assert.Equal(new AttachmentState(Attached: 4, OneDirection: 1, Preceded: 1, Unobserved: 1, 0, 0, Restored: 2), _interfaces.State);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private void AttachAtOnce(params int[] indexes)
    {
        _interfaces.RegardAsOld(indexes);
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
