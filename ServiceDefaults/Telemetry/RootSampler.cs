using System.Diagnostics;
using OpenTelemetry.Trace;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Decides where a trace begins: with a client's request or with an event, for the configured part of them. What follows does as its beginning
/// did. What the shop does by itself – polls, probes, batches – begins none: there is no end to it, and nobody waits for it. Nor does a call
/// that comes to a silo without a trace: its request was not chosen.
/// </summary>
/// <param name="ratio">The part that is traced, by the trace's id, or by chance where a stranger chose that.</param>
/// <param name="trustsCallers">False where strangers call: whether their requests are traced is not theirs to say.</param>
public sealed class RootSampler(double ratio, bool trustsCallers) : Sampler
{
    private readonly TraceIdRatioBasedSampler part = new(ratio);

    private readonly ActivityKind beginning = trustsCallers ? ActivityKind.Consumer : ActivityKind.Server;

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (parent.TraceId != default && (trustsCallers || !parent.IsRemote))
            return new SamplingResult(parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));
        if (samplingParameters.Kind != beginning)
            return new SamplingResult(false);
        // A stranger's trace id is the stranger's choice: by it, every request could be had traced.
        return parent.TraceId != default ? new SamplingResult(Random.Shared.NextDouble() < ratio) : part.ShouldSample(samplingParameters);
    }
}
