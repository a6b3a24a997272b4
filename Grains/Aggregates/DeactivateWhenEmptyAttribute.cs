using System.Collections.Concurrent;
using System.Reflection;

namespace SoonShop.Aggregates;

/// <summary>
/// An activation of this class that has no state when its last call has ended is deactivated at once: who asks for ids that do not exist
/// does not fill the memory. A class that keeps something in memory alone while it has no state says so
/// (<see cref="AggregateGrain{TState}.KeepsMemory"/>).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DeactivateWhenEmptyAttribute : Attribute
{
    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    /// <summary>Whether a class has it.</summary>
    public static bool Is(Type grain) =>
        Known.GetOrAdd(grain, static g => g.GetCustomAttribute<DeactivateWhenEmptyAttribute>() is not null);
}

/// <summary>A grain that is told when a call of it begins and ends; the silo's call filter does. Both run in the grain's own turns.</summary>
public interface ICallCounter
{
    /// <summary>A call begins. Ends when the grain is ready for it; <see cref="CallEnded"/> follows whatever comes of it.</summary>
    /// <param name="method">The method that is called.</param>
    ValueTask CallBeginsAsync(string method);

    /// <summary>It has ended, well or not.</summary>
    void CallEnded();
}
