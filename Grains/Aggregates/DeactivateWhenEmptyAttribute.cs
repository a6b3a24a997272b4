using System.Collections.Concurrent;
using System.Reflection;

namespace SoonShop.Aggregates;

/// <summary>
/// Deactivates an activation of this class a moment after its last call has ended, if it has no state. So requests for ids that do not
/// exist do not fill the memory. A class that holds something in memory without a state overrides
/// <see cref="AggregateGrain{TState}.KeepsMemory"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DeactivateWhenEmptyAttribute : Attribute
{
    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    /// <summary>True when the class has the attribute.</summary>
    public static bool Is(Type grain) =>
        Known.GetOrAdd(grain, static g => g.GetCustomAttribute<DeactivateWhenEmptyAttribute>() is not null);
}

/// <summary>A grain that is notified when a call begins and ends. The silo's call filter calls it on the grain's own scheduler.</summary>
public interface ICallCounter
{
    /// <summary>Runs before a call. Completes when the grain is ready for it. <see cref="CallEnded"/> always follows.</summary>
    /// <param name="method">The method that is called.</param>
    ValueTask CallBeginsAsync(string method);

    /// <summary>Runs after a call, successful or not.</summary>
    void CallEnded();
}
