using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Storage;

namespace SoonShop.Events;

/// <summary>
/// Grain state that is read at its first use instead of at activation: a state that cannot be read then fails what
/// needs it, and not the activation, for which a whole queue of a stream would wait.
/// </summary>
internal sealed class LazyState<TState>(string name, IGrainContext context, IGrainStorage storage)
    : StateStorageBridge<TState>(name, context, storage), IPersistentState<TState>, ILazyState
{
    private bool loaded;

    async Task ILazyState.LoadAsync()
    {
        if (loaded)
            return;
        await ReadStateAsync();
        loaded = true;
    }

    void ILazyState.Forget() => loaded = false;
}

/// <summary>State that somebody must load before it is used.</summary>
internal interface ILazyState
{
    /// <summary>Reads the state unless that was done.</summary>
    Task LoadAsync();

    /// <summary>Makes the next <see cref="LoadAsync"/> read again.</summary>
    void Forget();
}

/// <summary>
/// The state of an event handler with state (<see cref="EventHandlerGrain{TState}"/>), like <c>[PersistentState]</c> but
/// read within the first attempt or call.
/// </summary>
/// <param name="name">The state's name, the first part of its key in storage; unique among grain classes.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HandlerStateAttribute(string name) : Attribute, IFacetMetadata
{
    /// <summary>The state's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Makes the states that constructors ask for with <see cref="HandlerStateAttribute"/>.</summary>
internal sealed class HandlerStateMapper : IAttributeToFactoryMapper<HandlerStateAttribute>
{
    public Factory<IGrainContext, object> GetFactory(System.Reflection.ParameterInfo parameter, HandlerStateAttribute metadata)
    {
        if (!parameter.ParameterType.IsGenericType || parameter.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new InvalidOperationException($"{parameter.Member.DeclaringType}: {parameter.Name} has [HandlerState] and must be an IPersistentState<…>.");
        var state = typeof(LazyState<>).MakeGenericType(parameter.ParameterType.GetGenericArguments());
        return context => Activator.CreateInstance(state, metadata.Name, context, context.ActivationServices.GetRequiredService<IGrainStorage>())!;
    }
}
