using Microsoft.Extensions.Time.Testing;
using SoonShop.Auditing;

namespace SoonShop.Tests.Rules;

public sealed class AuditEventBufferTests
{
    private readonly FakeTimeProvider time = new(Given.Now);

    [Fact]
    public void the_first_is_told_at_once_and_the_rest_by_the_minute()
    {
        var tally = new AuditEventBuffer(time);
        Fail(tally, "192.0.2.1");
        Assert.Equal([("sessions.open", 1)], Told(tally));
        for (var i = 0; i < 500; i++)
            Fail(tally, "192.0.2.1");
        Assert.Empty(Told(tally));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([("sessions.open", 500)], Told(tally));
        Fail(tally, "192.0.2.1");
        Assert.Equal([("sessions.open", 1)], Told(tally));
    }

    [Fact]
    public void addresses_and_outcomes_are_told_apart()
    {
        var tally = new AuditEventBuffer(time);
        Fail(tally, "192.0.2.1");
        Fail(tally, "192.0.2.2");
        Fail(tally, "192.0.2.2", AuditOutcome.Denied);
        Assert.Equal(3, tally.Drain().Count);
    }

    [Fact]
    public void a_flood_from_very_many_addresses_is_counted_together()
    {
        var tally = new AuditEventBuffer(time, maxKeys: 10);
        for (var i = 0; i < 1000; i++)
            Fail(tally, $"192.0.2.{i}");
        var told = tally.Drain();
        Assert.Equal(11, told.Count);
        Assert.Equal(1000, told.Sum(t => t.Act.Count));
        Assert.Equal("many", told.Single(t => t.Act.Count > 1).Origin.Address);
    }

    [Fact]
    public void what_is_left_is_told_at_the_end()
    {
        var tally = new AuditEventBuffer(time);
        Fail(tally, "192.0.2.1");
        tally.Drain();
        Fail(tally, "192.0.2.1");
        Assert.Equal([("sessions.open", 1)], tally.Drain(all: true).Select(t => (t.Act.Action, t.Act.Count)));
        Assert.Empty(tally.Drain(all: true));
    }

    private static void Fail(AuditEventBuffer tally, string address, AuditOutcome outcome = AuditOutcome.Failure) =>
        tally.Add("sessions.open", "somebody", outcome, new Origin(Actors.Anonymous, address, "curl/8", null));

    private static (string, int)[] Told(AuditEventBuffer tally) => [.. tally.Drain().Select(t => (t.Act.Action, t.Act.Count))];
}
