using System.Diagnostics;
using OpenTelemetry.Trace;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Tests.Operations;

public sealed class SamplingTests
{
    [Theory]
    [InlineData(false, ActivityKind.Server)]
    [InlineData(true, ActivityKind.Consumer)]
    public void traces_begin_with_clients_requests_and_events_alone(bool trustsCallers, ActivityKind beginning) => Assert.All(
        Enum.GetValues<ActivityKind>(), kind =>
            Assert.Equal(kind == beginning, IsSampled(new RootSampler(1, trustsCallers), default, kind)));

    [Fact]
    public void a_part_of_the_requests_is_traced()
    {
        var sampler = new RootSampler(0.25, trustsCallers: false);
        Assert.InRange(Enumerable.Range(0, 4000).Count(_ => IsSampled(sampler, default, ActivityKind.Server)), 700, 1300);
        Assert.False(IsSampled(new RootSampler(0, trustsCallers: false), default, ActivityKind.Server));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void what_follows_does_as_its_beginning_did(bool recorded)
    {
        var (here, elsewhere) = (Parent(recorded, isRemote: false), Parent(recorded, isRemote: true));
        foreach (var kind in Enum.GetValues<ActivityKind>())
        {
            Assert.Equal(recorded, IsSampled(new RootSampler(recorded ? 0 : 1, trustsCallers: false), here, kind));
            Assert.Equal(recorded, IsSampled(new RootSampler(recorded ? 0 : 1, trustsCallers: true), elsewhere, kind));
        }
    }

    [Fact]
    public void a_stranger_does_not_decide_what_is_traced()
    {
        Assert.False(IsSampled(new RootSampler(0, trustsCallers: false), Parent(recorded: true, isRemote: true), ActivityKind.Server));
        Assert.True(IsSampled(new RootSampler(1, trustsCallers: false), Parent(recorded: false, isRemote: true), ActivityKind.Server));
    }

    [Fact]
    public void a_strangers_trace_id_does_not_decide_either()
    {
        var sampler = new RootSampler(0.1, trustsCallers: false);
        foreach (var id in (string[])["00000000000000010000000000000001", "ffffffffffffffffffffffffffffffff"])
        {
            var parent = new ActivityContext(
                ActivityTraceId.CreateFromString(id), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, null, isRemote: true);
            Assert.InRange(Enumerable.Range(0, 4000).Count(_ => IsSampled(sampler, parent, ActivityKind.Server)), 200, 700);
        }
    }

    private static ActivityContext Parent(bool recorded, bool isRemote) =>
        new(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), recorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None,
            null, isRemote);

    private static bool IsSampled(RootSampler sampler, ActivityContext parent, ActivityKind kind) => sampler.ShouldSample(
        new SamplingParameters(parent, parent == default ? ActivityTraceId.CreateRandom() : parent.TraceId, "test", kind)).Decision
            == SamplingDecision.RecordAndSample;
}
