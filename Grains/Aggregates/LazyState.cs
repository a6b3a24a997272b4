using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Storage;

namespace SoonShop.Aggregates;

/// <summary>
/// Grain state that is read at its first use instead of at activation. A state that cannot be read then fails the call that needs it, and not the
/// activation; and a grain whose row cannot exist yet writes it without a read.
/// </summary>
internal sealed class LazyState<TState>(string name, IGrainContext context, IGrainStorage storage)
    : StateStorageBridge<TState>(name, context, storage), IPersistentState<TState>, ILazyState
{
    private Task? loading;

    public bool IsLoaded { get; private set; }

    public Task? Loading => loading is { IsCompleted: false } ? loading : null;

    Task ILazyState.LoadAsync() => IsLoaded ? Task.CompletedTask : Loading ?? (loading = LoadAsync());

    void ILazyState.Forget() => IsLoaded = false;

    void ILazyState.Written() => IsLoaded = true;

    private async Task LoadAsync()
    {
        await ReadStateAsync();
        IsLoaded = true;
    }
}

/// <summary>State that somebody must load before it is used.</summary>
internal interface ILazyState
{
    /// <summary>Whether the state is what the database has, or had when it was last read or written.</summary>
    bool IsLoaded { get; }

    /// <summary>The read that is under way; null when none is.</summary>
    Task? Loading { get; }

    /// <summary>Reads the state unless that was done. Calls that interleave share one read.</summary>
    Task LoadAsync();

    /// <summary>Makes the next <see cref="LoadAsync"/> read again.</summary>
    void Forget();

    /// <summary>Notes that the state was written without being read before.</summary>
    void Written();
}

/// <summary>
/// A grain's state like <c>[PersistentState]</c>, but read at its first use: that of an event handler (<see cref="Events.EventHandlerGrain{TState}"/>)
/// within the first attempt or call, that of an aggregate (<see cref="AggregateGrain{TState}"/>) before the first call that needs it.
/// </summary>
/// <param name="name">The state's name, the first part of its key in storage; unique among grain classes.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class LazyStateAttribute(string name) : Attribute, IFacetMetadata
{
    /// <summary>The state's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Makes the states that constructors ask for with <see cref="LazyStateAttribute"/>.</summary>
internal sealed class LazyStateMapper : IAttributeToFactoryMapper<LazyStateAttribute>
{
    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, LazyStateAttribute metadata)
    {
        if (!parameter.ParameterType.IsGenericType || parameter.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new InvalidOperationException($"{parameter.Member.DeclaringType}: {parameter.Name} has [LazyState] and must be an IPersistentState<…>.");
        var create = typeof(LazyStateMapper).GetMethod(nameof(Create), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(parameter.ParameterType.GetGenericArguments()).CreateDelegate<Func<string, IGrainContext, object>>();
        return context => create(metadata.Name, context);
    }

    private static LazyState<TState> Create<TState>(string name, IGrainContext context) =>
        new(name, context, context.ActivationServices.GetRequiredService<IGrainStorage>());
}
