using System.Collections.Concurrent;
using System.Reflection;
using Orleans.CodeGeneration;
using Orleans.Serialization.Invocation;
using SoonShop.Health;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>The traits of a grain method, determined once.</summary>
/// <param name="IsDirect">True for calls that bypass the filter: Orleans' own calls, and those that check the cluster's health.</param>
/// <param name="IsRepeatable">See <see cref="RepeatableAttribute"/>.</param>
/// <param name="Token">The index of the method's cancellation token; -1 for none.</param>
/// <param name="Again">Makes the call a second time, while the first one may never end.</param>
internal sealed record CallTraits(
    bool IsDirect, bool IsRepeatable, int Token, Func<IGrainReferenceRuntime, IOutgoingGrainCallContext, Task> Again)
{
    private static readonly ConcurrentDictionary<MethodInfo, CallTraits> Known = new();

    public static CallTraits Of(MethodInfo method) => Known.GetOrAdd(method, static m => new CallTraits(
        m.DeclaringType?.Assembly != typeof(RequestKeys).Assembly || m.DeclaringType == typeof(IHealthGrain),
        m.IsDefined(typeof(RepeatableAttribute), inherit: false),
        Array.FindIndex(m.GetParameters(), p => p.ParameterType == typeof(CancellationToken)),
        Repeater(m.ReturnType)));

    private static Func<IGrainReferenceRuntime, IOutgoingGrainCallContext, Task> Repeater(Type returns) => returns.IsGenericType
        ? typeof(CallTraits).GetMethod(nameof(AskAgainAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(returns.GetGenericArguments()[0])
            .CreateDelegate<Func<IGrainReferenceRuntime, IOutgoingGrainCallContext, Task>>()
        : DoAgainAsync;

    private static async Task AskAgainAsync<T>(IGrainReferenceRuntime runtime, IOutgoingGrainCallContext context) =>
        context.Response = Response.FromResult(
            await runtime.InvokeMethodAsync<T>((GrainReference)context.Grain, context.Request, Options(context)));

    private static async Task DoAgainAsync(IGrainReferenceRuntime runtime, IOutgoingGrainCallContext context)
    {
        await runtime.InvokeMethodAsync((GrainReference)context.Grain, context.Request, Options(context));
        context.Response = Response.Completed;
    }

    private static InvokeMethodOptions Options(IOutgoingGrainCallContext context) => ((IRequest)context.Request).Options;
}
